/* SPDX-License-Identifier: GPL-2.0-only */
/* One line each: to the journal with fields, or to stderr. */
#ifndef CIPSEC_AGENT_LOG_H
#define CIPSEC_AGENT_LOG_H

#include <syslog.h>

#include <systemd/sd-id128.h>

/* stable names of messages, for `journalctl MESSAGE_ID=` */
#define MSG_STARTED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,01)
#define MSG_STOPPED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,02)
#define MSG_HANDSHAKE	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,03)
#define MSG_REFUSED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,04)
#define MSG_ADOPTED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,05)
#define MSG_CLOSED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,06)
#define MSG_CONNECTION	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,07)
#define MSG_KERNEL	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,08)
#define MSG_UNLISTED	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,09)
#define MSG_KEY_LOG	SD_ID128_MAKE(6f,9d,40,0b,1c,5e,4b,0d,9a,57,3f,11,cc,a0,52,0a)

/* decides where lines go: the journal when stderr is connected to it */
void log_open(void);

/**
 * log_line() - write a line
 * @level: LOG_ERR and the like
 * @id: which message it is
 * @peer: name of the peer concerned, or NULL
 * @fmt: the line, without its end
 */
void log_line(int level, sd_id128_t id, const char *peer, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
