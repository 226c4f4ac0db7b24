// SPDX-License-Identifier: EUPL-1.2
import { render } from "preact";
import { App } from "./app";
import { followSession } from "./live";
import { speakAsBefore } from "./texts";

speakAsBefore();
followSession();
render(<App />, document.getElementById("app") as HTMLElement);
