// SPDX-License-Identifier: GPL-2.0-only
/* cipsec-agent: handshakes for the kernel's associations. cipsec-agent(8). */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "adopt.h"
#include "assoc.h"
#include "binding.h"
#include "listener.h"
#include "log.h"
#include "policy.h"
#include "process.h"

#define DEFAULT_FILE	"/etc/cipsec/agent.conf"

/* how often associations are compared with the kernel, milliseconds */
#define CHECK_EVERY	2000

/* sysexits of a program that was not told right */
#define EXIT_SETTINGS	2

uint64_t agent_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int agent_timer(struct agent *agent, sd_event_source **source, int ms,
		sd_event_time_handler_t fn, void *arg)
{
	int err;

	if (ms < 0)
		return *source ? sd_event_source_set_enabled(*source,
							     SD_EVENT_OFF) : 0;
	if (!*source)
		return sd_event_add_time_relative(agent->loop, source,
						  CLOCK_MONOTONIC,
						  (uint64_t)ms * 1000, 1000,
						  fn, arg);
	err = sd_event_source_set_time_relative(*source,
						(uint64_t)ms * 1000);
	if (err < 0)
		return err;
	return sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
}

static int on_kernel(sd_event_source *source, int fd, uint32_t events,
		     void *arg)
{
	struct agent *agent = arg;
	int ret = cipsec_dispatch(agent->kernel);

	if (ret == -ENOBUFS) {
		assoc_check(agent);
		binding_update(agent);
	} else if (ret < 0) {
		log_line(LOG_ERR, MSG_KERNEL, NULL, "%s",
			 cipsec_error(agent->kernel));
	}
	return 0;
}

static void on_event(const struct cipsec_event *event, void *arg)
{
	assoc_event(arg, event);
}

static void on_record(const struct cipsec_record *rec, void *arg)
{
	assoc_record(arg, rec);
}

static int on_check(sd_event_source *source, uint64_t usec, void *arg)
{
	struct agent *agent = arg;

	assoc_check(agent);
	return agent_timer(agent, &source, CHECK_EVERY, on_check, agent);
}

static int on_post(sd_event_source *source, void *arg)
{
	assoc_reap(arg);
	return 0;
}

static void connect_peers(struct agent *agent)
{
	struct peer_settings *peer;
	struct assoc *a;

	for (peer = agent->set->peers; peer; peer = peer->next) {
		if (!peer->initiate)
			continue;
		for (a = agent->assocs; a; a = a->next)
			if (!a->dead && a->peer == peer &&
			    a->role == CIPSEC_ROLE_CLIENT)
				break;
		if (!a)
			assoc_connect(agent, peer);
	}
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si,
		   void *arg)
{
	struct agent *agent = arg;
	struct assoc *a;

	agent->stopping = true;
	sd_notify(0, "STOPPING=1");
	if (agent->set->close_on_stop)
		for (a = agent->assocs; a; a = a->next)
			if (!a->dead)
				assoc_close(a, "the agent stops");
	log_line(LOG_INFO, MSG_STOPPED, NULL, agent->set->close_on_stop ?
		 "stopped; associations closed, policies stay" :
		 "stopped; associations go on without an agent, policies stay");
	return sd_event_exit(agent->loop, 0);
}

static int on_reload(sd_event_source *source,
		     const struct signalfd_siginfo *si, void *arg)
{
	struct agent *agent = arg;
	struct settings *old = agent->set, *set;

	if (settings_read(&set, old->file)) {
		log_line(LOG_ERR, MSG_STARTED, NULL,
			 "%s has errors: the settings stay as they were",
			 old->file);
		return 0;
	}
	agent->set = set;
	if (!policy_install(agent))
		listener_open(agent);
	assoc_reload(agent);
	binding_update(agent);
	connect_peers(agent);
	settings_free(old);
	log_line(LOG_INFO, MSG_STARTED, NULL, "settings read anew from %s",
		 set->file);
	return 0;
}

static int open_key_log(struct agent *agent)
{
	const char *name = agent->set->key_log;
	int fd;

	if (!name)
		return 0;
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	agent->key_log = fd < 0 ? NULL : fdopen(fd, "a");
	if (!agent->key_log) {
		log_line(LOG_ERR, MSG_KEY_LOG, NULL,
			 "key-log: %s: cannot be written: %s", name,
			 strerror(errno));
		return -EINVAL;
	}
	/* no copy in a buffer of ours */
	setvbuf(agent->key_log, NULL, _IONBF, 0);
	log_line(LOG_WARNING, MSG_KEY_LOG, NULL,
		 "key-log = %s: SECRETS OF ALL ASSOCIATIONS ARE WRITTEN TO THIS FILE; who reads it reads and forges the I/O. Remove the line when the test is over",
		 name);
	return 0;
}

static int kernel_open(struct agent *agent)
{
	int err;

	err = cipsec_open(&agent->kernel);
	if (!err)
		err = cipsec_subscribe(agent->kernel, on_event, agent);
	if (err) {
		log_line(LOG_ERR, MSG_KERNEL, NULL, "%s",
			 cipsec_error(agent->kernel));
		return err;
	}
	cipsec_receive(agent->kernel, on_record, agent);
	return 0;
}

static int loop_open(struct agent *agent)
{
	sigset_t mask;
	int err;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	err = sd_event_default(&agent->loop);
	if (err >= 0)
		err = sd_event_add_signal(agent->loop, NULL, SIGTERM, on_stop,
					  agent);
	if (err >= 0)
		err = sd_event_add_signal(agent->loop, NULL, SIGINT, on_stop,
					  agent);
	if (err >= 0)
		err = sd_event_add_signal(agent->loop, NULL, SIGHUP,
					  on_reload, agent);
	if (err >= 0)
		err = sd_event_add_post(agent->loop, NULL, on_post, agent);
	if (err >= 0)
		err = sd_event_set_watchdog(agent->loop, 1);
	if (err < 0)
		log_line(LOG_ERR, MSG_STARTED, NULL,
			 "cannot make the event loop: %s", strerror(-err));
	return err < 0 ? err : 0;
}

static int loop_kernel(struct agent *agent)
{
	sd_event_source *check = NULL;
	int err;

	err = sd_event_add_io(agent->loop, NULL, cipsec_fd(agent->kernel),
			      EPOLLIN, on_kernel, agent);
	if (err >= 0)
		err = agent_timer(agent, &check, CHECK_EVERY, on_check, agent);
	return err < 0 ? err : 0;
}

static int count_peers(const struct settings *set)
{
	const struct peer_settings *peer;
	int n = 0;

	for (peer = set->peers; peer; peer = peer->next)
		n++;
	return n;
}

static void release(struct agent *agent)
{
	struct assoc *a;

	for (a = agent->assocs; a; a = a->next)
		assoc_drop(a);
	assoc_reap(agent);
	listener_close(agent);
	cipsec_close(agent->kernel);
	cipsec_cookie_clear(&agent->cookie);
	if (agent->key_log)
		fclose(agent->key_log);
	settings_free(agent->set);
}

static int serve(struct agent *agent)
{
	int err;

	/* failing closed: policies stand before anything can be received */
	err = open_key_log(agent);
	if (!err)
		err = loop_open(agent);
	if (!err)
		err = kernel_open(agent);
	if (!err)
		err = policy_install(agent);
	if (!err)
		err = listener_open(agent);
	if (!err)
		err = adopt_all(agent);
	if (!err)
		err = loop_kernel(agent);
	if (err)
		return err;
	binding_update(agent);
	connect_peers(agent);

	log_line(LOG_INFO, MSG_STARTED, NULL,
		 "cipsec-agent started, %d peers, this host is %s",
		 count_peers(agent->set),
		 agent->set->cred ? agent->set->cred->subject :
		 "without certificate");
	sd_notify(0, "READY=1");
	return sd_event_loop(agent->loop);
}

static int flush_policy(void)
{
	struct cipsec *kernel;
	int err;

	err = cipsec_open(&kernel);
	if (!err)
		err = cipsec_policy_flush(kernel);
	if (err)
		fprintf(stderr, "%s\n", cipsec_error(kernel));
	cipsec_close(kernel);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(FILE *to)
{
	fputs("usage: cipsec-agent [-c FILE] [--check | --flush-policy]\n"
	      "  -c, --config FILE  settings, default " DEFAULT_FILE "\n"
	      "      --check        read and check the settings, then exit\n"
	      "      --flush-policy remove all policies from the kernel: CIP traffic\n"
	      "                     in clear passes again, and the module can be removed\n"
	      "  -h, --help         this text\n"
	      "See cipsec-agent(8) and agent.conf(5).\n", to);
}

enum { OPT_CHECK = 256, OPT_FLUSH_POLICY };

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "flush-policy", no_argument, NULL, OPT_FLUSH_POLICY },
		{ "help", no_argument, NULL, 'h' },
		{ NULL }
	};
	const char *file = DEFAULT_FILE;
	static struct agent agent;
	bool check = false;
	unsigned int seed;
	int opt, err;

	while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) >= 0) {
		switch (opt) {
		case 'c':
			file = optarg;
			break;
		case OPT_CHECK:
			check = true;
			break;
		case OPT_FLUSH_POLICY:
			return flush_policy();
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_SETTINGS;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EXIT_SETTINGS;
	}
	log_open();
	if (check)
		return settings_read(&agent.set, file) ? EXIT_SETTINGS :
							 EXIT_SUCCESS;
	process_harden();
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		srandom(seed);
	if (settings_read(&agent.set, file))
		return EXIT_SETTINGS;
	err = serve(&agent);
	release(&agent);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
