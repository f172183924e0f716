/* SPDX-License-Identifier: GPL-2.0-only */
/* One line each: to the journal with fields, or to stderr. */
#ifndef CIPSEC_AGENT_LOG_H
#define CIPSEC_AGENT_LOG_H

#include <syslog.h>

/* stable names of messages, for `journalctl MESSAGE_ID=` */
#define MSG_STARTED	"6f9d400b1c5e4b0d9a573f11cca05201"
#define MSG_STOPPED	"6f9d400b1c5e4b0d9a573f11cca05202"
#define MSG_HANDSHAKE	"6f9d400b1c5e4b0d9a573f11cca05203"
#define MSG_REFUSED	"6f9d400b1c5e4b0d9a573f11cca05204"
#define MSG_ADOPTED	"6f9d400b1c5e4b0d9a573f11cca05205"
#define MSG_CLOSED	"6f9d400b1c5e4b0d9a573f11cca05206"
#define MSG_CONNECTION	"6f9d400b1c5e4b0d9a573f11cca05207"
#define MSG_KERNEL	"6f9d400b1c5e4b0d9a573f11cca05208"
#define MSG_UNLISTED	"6f9d400b1c5e4b0d9a573f11cca05209"
#define MSG_KEY_LOG	"6f9d400b1c5e4b0d9a573f11cca0520a"

/* decides where lines go: the journal when stderr is connected to it */
void log_open(void);

/**
 * log_line() - write a line
 * @level: LOG_ERR and the like
 * @id: which message it is
 * @peer: name of the peer concerned, or NULL
 * @fmt: the line, without its end
 */
void log_line(int level, const char *id, const char *peer, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
