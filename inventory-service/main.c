/* SPDX-License-Identifier: EUPL-1.2 */
/* navette-inventory: reads arguments, hands over to the command (console.h). */
#include "inventory-service/console.h"

int main(int argc, char **argv)
{
	return console_main(argc, argv);
}
