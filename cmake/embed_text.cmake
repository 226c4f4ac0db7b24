# SPDX-License-Identifier: EUPL-1.2
# cmake -DIN=… -DNAME=… -DOUT=… -P embed_text.cmake: a text file as "static const char NAME[]".
file(READ ${IN} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "/* Made from a text file. */\nstatic const char ${NAME}[] =\n\t\"${text}\";\n")
