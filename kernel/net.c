// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces: each has its own policies, associations and counters, and
 * pays nothing before the first of them: tables and hooks are made then.
 */
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/suspend.h>
#include <net/inet_common.h>
#include <net/netns/generic.h>

#include "assoc.h"
#include "hook.h"
#include "net.h"
#include "policy.h"

static unsigned int cipsec_net_id;
static LIST_HEAD(nets);
static DEFINE_MUTEX(nets_lock);	/* protects nets; taken before cipsec_net.lock */

/**
 * cipsec_net_get() - cipsec in a namespace
 * @net: namespace
 */
struct cipsec_net *cipsec_net_get(struct net *net)
{
	return net_generic(net, cipsec_net_id);
}

/**
 * cipsec_net_activate() - make tables and hooks, once
 * @cn: namespace
 *
 * Context: cipsec_net.lock.
 * Return: 0 or -errno.
 */
int cipsec_net_activate(struct cipsec_net *cn)
{
	int err;

	lockdep_assert_held(&cn->lock);
	if (cn->t)
		return 0;
	cn->t = kvzalloc(sizeof(*cn->t), GFP_KERNEL_ACCOUNT);
	if (!cn->t)
		return -ENOMEM;
	err = inet_ctl_sock_create(&cn->sk, PF_INET, SOCK_DGRAM, IPPROTO_UDP,
				   cn->net);
	if (err)
		goto err_tables;
	err = cipsec_hook_register(cn);
	if (err)
		goto err_sock;
	return 0;

err_sock:
	inet_ctl_sock_destroy(cn->sk);
	cn->sk = NULL;
err_tables:
	kvfree(cn->t);
	cn->t = NULL;
	return err;
}

static int __net_init cipsec_net_init_net(struct net *net)
{
	struct cipsec_net *cn = cipsec_net_get(net);
	unsigned int i;

	cn->net = net;
	mutex_init(&cn->lock);
	xa_init_flags(&cn->assocs, XA_FLAGS_ALLOC1);
	xa_init_flags(&cn->conns, XA_FLAGS_ALLOC1);
	INIT_DELAYED_WORK(&cn->reap, cipsec_assoc_reap);
	get_random_bytes(cn->secret, sizeof(cn->secret));
	for (i = 0; i < ARRAY_SIZE(cn->secret); i++)
		cn->secret[i] |= 1;
	cn->mib = alloc_percpu(struct cipsec_mib);
	if (!cn->mib)
		return -ENOMEM;
	if (!proc_create_net_single("cipsec_stat", 0444, net->proc_net,
				    cipsec_stats_show, NULL)) {
		free_percpu(cn->mib);
		return -ENOMEM;
	}
	mutex_lock(&nets_lock);
	list_add_tail(&cn->node, &nets);
	mutex_unlock(&nets_lock);
	return 0;
}

static void __net_exit cipsec_net_pre_exit(struct net *net)
{
	struct cipsec_net *cn = cipsec_net_get(net);

	/* The core waits for a grace period between this and the exit below. */
	if (cn->t)
		cipsec_hook_unregister(cn);
}

static void __net_exit cipsec_net_exit_net(struct net *net)
{
	struct cipsec_net *cn = cipsec_net_get(net);

	mutex_lock(&nets_lock);
	list_del(&cn->node);
	mutex_unlock(&nets_lock);

	mutex_lock(&cn->lock);
	cipsec_assoc_del_all(cn, CIPSEC_REASON_NETNS);
	cipsec_policy_flush(cn);
	mutex_unlock(&cn->lock);
	cancel_delayed_work_sync(&cn->reap);

	remove_proc_entry("cipsec_stat", net->proc_net);
	if (cn->sk)
		inet_ctl_sock_destroy(cn->sk);
	kvfree(cn->t);
	xa_destroy(&cn->assocs);
	xa_destroy(&cn->conns);
	free_percpu(cn->mib);
}

static struct pernet_operations cipsec_net_ops = {
	.init = cipsec_net_init_net,
	.pre_exit = cipsec_net_pre_exit,
	.exit = cipsec_net_exit_net,
	.id = &cipsec_net_id,
	.size = sizeof(struct cipsec_net),
};

static void cipsec_net_wipe_all(void)
{
	struct cipsec_net *cn;

	mutex_lock(&nets_lock);
	list_for_each_entry(cn, &nets, node) {
		mutex_lock(&cn->lock);
		cipsec_assoc_wipe_all(cn);
		mutex_unlock(&cn->lock);
	}
	mutex_unlock(&nets_lock);
	/* Now, not some time after the machine woke up. */
	cipsec_key_settle();
}

/* A suspended machine's memory may be read, or woken twice. */
static int cipsec_net_pm(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	if (action == PM_HIBERNATION_PREPARE || action == PM_SUSPEND_PREPARE)
		cipsec_net_wipe_all();
	return 0;
}

static struct notifier_block cipsec_net_pm_nb = {
	.notifier_call = cipsec_net_pm,
};

/* This virtual machine is a copy: its twin has the same keys and numbers. */
static int cipsec_net_vmfork(struct notifier_block *nb, unsigned long action,
			     void *data)
{
	cipsec_net_wipe_all();
	return 0;
}

static struct notifier_block cipsec_net_vmfork_nb = {
	.notifier_call = cipsec_net_vmfork,
};

/**
 * cipsec_net_init() - serve all namespaces, present and future
 *
 * Return: 0 or -errno.
 */
int __init cipsec_net_init(void)
{
	int err;

	err = register_pernet_subsys(&cipsec_net_ops);
	if (err)
		return err;
	err = register_pm_notifier(&cipsec_net_pm_nb);
	if (err)
		goto err_pernet;
	err = register_random_vmfork_notifier(&cipsec_net_vmfork_nb);
	if (err)
		goto err_pm;
	return 0;

err_pm:
	unregister_pm_notifier(&cipsec_net_pm_nb);
err_pernet:
	unregister_pernet_subsys(&cipsec_net_ops);
	return err;
}

/**
 * cipsec_net_exit() - serve none
 *
 * Context: no policy says require, else the module could not go.
 */
void cipsec_net_exit(void)
{
	unregister_random_vmfork_notifier(&cipsec_net_vmfork_nb);
	unregister_pm_notifier(&cipsec_net_pm_nb);
	unregister_pernet_subsys(&cipsec_net_ops);
}
