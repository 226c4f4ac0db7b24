/* SPDX-License-Identifier: EUPL-1.2 */
/* The one table that turns errors into words. Handlers add the precise sentence; this is what stands without
 * one. */
#include "inventory-service/err.h"

#include <stddef.h>

struct words {
	const char *code;
	int status;
	const char *title;
};

static const struct words words[] = {
#define X(name, code, status, title) [name] = {code, status, title},
	ERR_LIST(X)
#undef X
};

static const struct words *words_of(enum err err)
{
	size_t i = (size_t)err;

	return i < sizeof words / sizeof words[0] ? &words[i] : &words[ERR_INTERNAL];
}

const char *err_code(enum err err)
{
	return words_of(err)->code;
}

int err_status(enum err err)
{
	return words_of(err)->status;
}

const char *err_title(enum err err)
{
	return words_of(err)->title;
}

static const char *const advice[] = {
	[OK] = "C'est fait.",
	[ERR_MALFORMED] = ("Le contenu n'est pas du JSON acceptable : syntaxe, UTF-8, aucun nom en double, "
			   "16 niveaux au plus. Corrigez-le puis renvoyez-le."),
	[ERR_AUTH_REQUIRED] = "Connectez-vous pour continuer.",
	[ERR_AUTH_FAILED] = "Vérifiez l'adresse et le mot de passe, puis réessayez.",
	[ERR_FORBIDDEN] =
		"Votre rôle ne permet pas cette action. Adressez-vous à la coordination de votre pôle.",
	[ERR_CSRF] = "Rechargez la page, puis recommencez. Rien n'a été modifié.",
	[ERR_NOT_FOUND] = "Cette adresse ne correspond à rien que vous puissiez voir.",
	[ERR_METHOD] = "Cette adresse n'accepte pas cette méthode. Voyez l'en-tête Allow.",
	[ERR_STATE] = "L'état présent ne le permet pas. Rechargez pour voir ce qui a changé.",
	[ERR_EXISTS] = "Un élément porte déjà cette valeur. Choisissez-en une autre.",
	[ERR_OVERLAP] = "Choisissez un autre créneau, ou un autre exemplaire du même modèle.",
	[ERR_NO_TRAVEL_TIME] =
		"Il faut le temps de l'acheminer, de le préparer ou de le contrôler. Décalez le créneau.",
	[ERR_LINE_NOT_READY] = "Déclarez d'abord son départ et son arrivée, puis validez la remise.",
	[ERR_WRONG_ITEM] = "Vérifiez l'étiquette, ou remplacez l'exemplaire prévu par celui-ci.",
	[ERR_DISPATCHED] = "Le matériel est en route : déclarez-le reçu, puis renvoyez-le.",
	[ERR_TAG_EXISTS] = "Retrouvez cette balise dans la liste, ou vérifiez son adresse.",
	[ERR_STALE] = "Rechargez pour voir la version actuelle, puis refaites votre modification.",
	[ERR_TOO_LARGE] = "La limite est de 64 Kio. Envoyez moins en une fois.",
	[ERR_CONTENT_TYPE] = "Envoyez le contenu en application/json, encodé en UTF-8.",
	[ERR_UNKNOWN_FIELD] = "Ce champ n'existe pas ici. Retirez-le ou corrigez son nom.",
	[ERR_REQUIRED] = "Renseignez ce champ.",
	[ERR_TYPE] = "La valeur de ce champ n'est pas du type attendu.",
	[ERR_RANGE] = "La valeur de ce champ sort des limites.",
	[ERR_LENGTH] = "La longueur de ce champ sort des limites.",
	[ERR_REFERENCE] = "L'identifiant donné ne correspond à rien. Choisissez-en un qui existe.",
	[ERR_CODE_CHECKSUM] = "Relisez le code : 7 signes, et le dernier ne correspond pas aux autres.",
	[ERR_TIME] = "Donnez une date et une heure au format RFC 3339, par exemple 2026-11-25T08:55:00Z.",
	[ERR_NO_SUCH_TIME] = "Cette nuit-là, l'heure avance de 2 h à 3 h. Choisissez une autre heure.",
	[ERR_CLOSED] = "Choisissez un horaire d'ouverture du lieu qui prête ce matériel.",
	[ERR_NOTICE] = "Le lieu qui prête demande un délai : choisissez une date plus lointaine.",
	[ERR_HORIZON] = "Le lieu qui prête n'ouvre pas encore ces dates : choisissez une date plus proche.",
	[ERR_TOO_LONG] = "Réduisez la durée, ou faites deux réservations.",
	[ERR_QUOTA] = "Attendez qu'un prêt en cours chez ce lieu se termine, ou annulez une réservation.",
	[ERR_NOT_LENDABLE] = "Ce matériel n'est pas prêté à votre lieu. Cherchez un autre exemplaire.",
	[ERR_NOT_TRANSPORTABLE] = "Réservez-le sur place, dans son lieu d'attache.",
	[ERR_OUT_OF_SERVICE] = "Choisissez un autre exemplaire.",
	[ERR_IDEMPOTENCY] = "Cette clé a déjà servi à un autre envoi. Prenez une nouvelle clé.",
	[ERR_RATE] = "Patientez avant de réessayer.",
	[ERR_INTERNAL] =
		"Le service a rencontré une erreur. Rien n'a été enregistré : réessayez, puis signalez-la.",
	[ERR_BUSY] = "Réessayez dans quelques secondes. Rien n'a été enregistré.",
	[ERR_STORAGE_FULL] =
		"Prévenez la personne qui administre le serveur : son disque est plein. Puis réessayez.",
	[ERR_STORAGE] = "Prévenez la personne qui administre le serveur, puis réessayez.",
	[ERR_TOO_MANY] = "La demande touche trop d'éléments à la fois. Réduisez-la.",
};

/* A test says which error has none. */

const char *err_advice(enum err err)
{
	size_t i = (size_t)err;

	return i < sizeof advice / sizeof advice[0] && advice[i] ? advice[i] : advice[ERR_INTERNAL];
}
