// SPDX-License-Identifier: EUPL-1.2
// Connexion. An unknown address and a wrong password say the same; what was typed is kept.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api";
import { PageTitle, useTitle } from "../parts/page";
import { Icon } from "../parts/icons";
import { signIn } from "../store";
import { t, tn } from "../texts";

type Fault = { field: "email" | "password" | null; text: string };

function faultOf(problem: Problem): Fault {
	if (problem.status === 401) return { field: null, text: t("signin.wrong") };
	if (problem.status === 429)
		return {
			field: null,
			text: tn("signin.wait", Math.max(1, Math.ceil(problem.retryAfter_s / 60))),
		};
	return { field: null, text: t("signin.unreachable") };
}

function missing(email: string, password: string): Fault | null {
	if (!email.trim()) return { field: "email", text: t("signin.email.missing") };
	return password ? null : { field: "password", text: t("signin.password.missing") };
}

export function SignInPage() {
	useTitle(t("signin.title"));
	const [email, setEmail] = useState("");
	const [password, setPassword] = useState("");
	const [fault, setFault] = useState<Fault | null>(null);
	const [busy, setBusy] = useState(false);
	const summary = useRef<HTMLParagraphElement>(null);

	useEffect(() => {
		if (!fault) return;
		(fault.field ? document.getElementById(fault.field) : summary.current)?.focus();
	}, [fault]);

	const submit = async (event: Event): Promise<void> => {
		event.preventDefault();
		const gap = missing(email, password);
		if (gap || busy) return setFault(gap);
		setBusy(true);
		try {
			await signIn(email.trim(), password);
		} catch (caught) {
			setFault(faultOf(caught instanceof Problem ? caught : new Problem(0, "page")));
			setBusy(false);
		}
	};

	return (
		<div class="door">
			<Welcome />
			<div class="door-form">
				<PageTitle>{t("signin.title")}</PageTitle>
				<p class="muted">{t("signin.intro")}</p>
				<form class="form" noValidate onSubmit={submit}>
					{fault && !fault.field && (
						<p ref={summary} class="problem" role="alert" tabIndex={-1}>
							<Icon name="alert" /> {fault.text}
						</p>
					)}
					<Field
						id="email"
						type="email"
						autocomplete="username"
						label={t("signin.email")}
						value={email}
						set={setEmail}
						fault={fault}
					/>
					<Field
						id="password"
						type="password"
						autocomplete="current-password"
						label={t("signin.password")}
						value={password}
						set={setPassword}
						fault={fault}
					/>
					<button type="submit" class="button" aria-disabled={busy}>
						{busy ? t("signin.busy") : t("signin.do")}
					</button>
				</form>
			</div>
		</div>
	);
}

/** Places, and a thing on its way between two of them. */
function Welcome() {
	return (
		<div class="welcome">
			<p class="lead">{t("signin.lead")}</p>
			<svg viewBox="0 0 440 190" aria-hidden="true" focusable="false">
				<path class="road" d="M20 160C90 40 170 40 220 110S350 160 420 60" />
				<path class="way" d="M20 160C90 40 170 40 220 110" />
				<circle cx="20" cy="160" r="8" />
				<circle cx="220" cy="110" r="8" />
				<circle cx="420" cy="60" r="8" />
				<path class="thing" d="M108 46h36v30h-36z" />
				<path class="tape" d="M126 46v30M108 56h36" />
			</svg>
		</div>
	);
}

type FieldProps = {
	id: "email" | "password";
	type: "email" | "password";
	autocomplete: "username" | "current-password";
	label: string;
	value: string;
	set: (value: string) => void;
	fault: Fault | null;
};

function Field({ id, type, autocomplete, label, value, set, fault }: FieldProps) {
	const [shown, setShown] = useState(false);
	const wrong = fault?.field === id;
	const kind = (shown ? "text" : type) as "text"; // preact's types want one literal
	return (
		<div class="field">
			<label for={id}>
				{label} <span class="muted">{t("field.required")}</span>
			</label>
			<div class="field-row">
				<input
					id={id}
					name={id}
					type={kind}
					autocomplete={autocomplete}
					value={value}
					required
					autoCapitalize="none"
					spellcheck={false}
					maxLength={254}
					aria-invalid={wrong}
					aria-describedby={wrong ? `${id}-error` : undefined}
					onInput={(event) => set(event.currentTarget.value)}
				/>
				{type === "password" && (
					<button
						type="button"
						class="button quiet"
						aria-pressed={shown}
						onClick={() => setShown(!shown)}
					>
						{t("signin.show")}
						<span class="hidden"> {t("signin.show.what")}</span>
					</button>
				)}
			</div>
			{wrong && (
				<p id={`${id}-error`} class="field-error">
					<Icon name="alert" /> {fault.text}
				</p>
			)}
		</div>
	);
}
