/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every way an operation can end, once: constant, stable machine name (contract http.md §1), HTTP status and
 * the French title of the problem. err.c is the only place that turns an error into words.
 */
#ifndef NAVETTE_ERR_H
#define NAVETTE_ERR_H

#define ERR_LIST(X)                                                                                       \
	X(OK, "ok", 200, "Fait")                                                                          \
	X(ERR_MALFORMED, "request.malformed", 400, "Requête illisible")                                   \
	X(ERR_AUTH_REQUIRED, "auth.required", 401, "Connexion nécessaire")                                \
	X(ERR_AUTH_FAILED, "auth.failed", 401, "Adresse ou mot de passe inconnu")                         \
	X(ERR_FORBIDDEN, "auth.forbidden", 403, "Action non permise")                                     \
	X(ERR_CSRF, "auth.csrf", 403, "Page expirée : rechargez-la")                                      \
	X(ERR_NOT_FOUND, "not_found", 404, "Introuvable")                                                 \
	X(ERR_METHOD, "request.method", 405, "Méthode non permise")                                       \
	X(ERR_STATE, "state.conflict", 409, "Impossible dans l'état présent")                             \
	X(ERR_EXISTS, "exists", 409, "Existe déjà")                                                       \
	X(ERR_OVERLAP, "booking.overlap", 409, "Déjà réservé sur ce créneau")                             \
	X(ERR_NO_TRAVEL_TIME, "booking.no_travel_time", 409, "Pas le temps de l'acheminer")               \
	X(ERR_LINE_NOT_READY, "line.not_ready", 409, "Le matériel n'est pas encore sur place")            \
	X(ERR_WRONG_ITEM, "line.wrong_item", 409, "Ce n'est pas l'exemplaire prévu")                      \
	X(ERR_DISPATCHED, "transfer.dispatched", 409, "Le matériel est déjà parti")                       \
	X(ERR_TAG_EXISTS, "tag.exists", 409, "Cette balise est déjà enregistrée")                         \
	X(ERR_STALE, "version.stale", 412, "Modifié entre-temps par quelqu'un d'autre")                   \
	X(ERR_TOO_LARGE, "request.too_large", 413, "Requête trop volumineuse")                            \
	X(ERR_CONTENT_TYPE, "request.content_type", 415, "Format non accepté : application/json attendu") \
	X(ERR_UNKNOWN_FIELD, "request.unknown_field", 422, "Champ inconnu")                               \
	X(ERR_REQUIRED, "field.required", 422, "Champ obligatoire")                                       \
	X(ERR_TYPE, "field.type", 422, "Type de valeur inattendu")                                        \
	X(ERR_RANGE, "field.range", 422, "Valeur hors limites")                                           \
	X(ERR_LENGTH, "field.length", 422, "Texte trop long")                                             \
	X(ERR_REFERENCE, "reference.unknown", 422, "Référence inconnue")                                  \
	X(ERR_CODE_CHECKSUM, "code.checksum", 422, "Code mal recopié")                                    \
	X(ERR_TIME, "time.invalid", 422, "Date ou heure invalide")                                        \
	X(ERR_NO_SUCH_TIME, "time.nonexistent", 422, "Cette heure n'existe pas")                          \
	X(ERR_CLOSED, "booking.closed", 422, "Le lieu qui prête est fermé à ce moment")                   \
	X(ERR_NOTICE, "booking.notice", 422, "Trop tôt pour le délai de prévenance")                      \
	X(ERR_HORIZON, "booking.horizon", 422, "Date trop lointaine")                                     \
	X(ERR_TOO_LONG, "booking.too_long", 422, "Durée trop longue")                                     \
	X(ERR_QUOTA, "booking.quota", 422, "Nombre de réservations atteint chez ce prêteur")              \
	X(ERR_NOT_LENDABLE, "booking.not_lendable", 422, "Ce matériel n'est pas prêté à votre lieu")      \
	X(ERR_NOT_TRANSPORTABLE, "item.not_transportable", 422, "Ce matériel ne se déplace pas")          \
	X(ERR_OUT_OF_SERVICE, "item.out_of_service", 422, "Ce matériel n'est plus en service")            \
	X(ERR_IDEMPOTENCY, "idempotency.mismatch", 422, "Même clé, autre contenu")                        \
	X(ERR_RATE, "rate.limited", 429, "Trop d'essais : réessayez plus tard")                           \
	X(ERR_INTERNAL, "internal", 500, "Erreur interne")                                                \
	X(ERR_BUSY, "unavailable", 503, "Service momentanément occupé : réessayez")                       \
	X(ERR_STORAGE_FULL, "storage.full", 507, "Espace de stockage plein : rien n'a été enregistré")    \
	X(ERR_STORAGE, "storage.failed", 503, "Stockage en défaut : rien n'a été enregistré")             \
	X(ERR_TOO_MANY, "internal", 500, "Ensemble trop grand")

enum err {
#define X(name, code, status, title) name,
	ERR_LIST(X)
#undef X
};

const char *err_code(enum err err);
int err_status(enum err err);
const char *err_title(enum err err);
/* What to do about it, a French sentence, for replies whose handler said nothing more precise. */
const char *err_advice(enum err err);

#endif
