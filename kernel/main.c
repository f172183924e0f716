// SPDX-License-Identifier: GPL-2.0-only
/* Module cipsec: CIP Security records for EtherNet/IP class 0/1 I/O. */
#include <linux/genetlink.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "gcm.h"
#include "key.h"
#include "net.h"
#include "netlink.h"

static int __init cipsec_init(void)
{
	int err;

	err = cipsec_gcm_selftest();
	if (err) {
		pr_err("cipsec: AES-GCM gave a wrong answer to a known question; not loaded\n");
		return err;
	}
	err = cipsec_key_init();
	if (err)
		return err;
	err = cipsec_net_init();
	if (err)
		goto err_key;
	err = cipsec_nl_init();
	if (err)
		goto err_net;
	return 0;

err_net:
	cipsec_net_exit();
err_key:
	cipsec_key_exit();
	return err;
}

/*
 * Requests first, so that nothing new appears; then each namespace: its hooks,
 * a grace period, its objects; last the keys that waited for readers.
 */
static void __exit cipsec_exit(void)
{
	cipsec_nl_exit();
	cipsec_net_exit();
	cipsec_key_exit();
}

module_init(cipsec_init);
module_exit(cipsec_exit);

MODULE_DESCRIPTION("CIP Security: DTLS records of EtherNet/IP class 0/1 I/O");
MODULE_AUTHOR("The cipsec authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS_GENL_FAMILY("cipsec");
MODULE_SOFTDEP("pre: gcm aesni_intel sha1_ssse3");
