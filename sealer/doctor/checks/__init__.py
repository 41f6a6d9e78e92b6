"""All checks, in the order in which they are told.

cluster.py      versions, and the kind SealedSecret
controller.py   Deployment and Pods, other controllers
leader.py       who writes, and what time it is
service.py      the way to the controller
certificate.py  what people seal with
keys.py         the sealing keys
access.py       what the controller may do
subjects.py     what others may do
storage.py      encryption at rest
objects.py      the SealedSecrets
"""

from sealer.doctor.checks import (
    access,
    certificate,
    cluster,
    controller,
    keys,
    leader,
    objects,
    service,
    storage,
    subjects,
)
from sealer.doctor.finding import Check

CHECKS = (
    Check("kubernetes", "API server and kubectl fit each other", cluster.versions_of_kubernetes),
    Check("crd", "the cluster knows SealedSecrets, and keeps them", cluster.kind),
    Check("installation", "a controller is there, and whose it is", controller.installation),
    Check("versions", "command and controller are of one version", cluster.versions),
    Check("replicas", "all replicas are ready, and one stays", controller.replicas),
    Check("restarts", "Pods come up and stay up", controller.restarts),
    Check("leader", "exactly one replica writes", leader.leader),
    Check("clock", "all clocks agree", leader.clock),
    Check("other-controllers", "no other controller does the same", controller.others),
    Check("service", "the Service leads to ready Pods", service.service),
    Check("reachable", "the controller answers through the API server", service.reachable),
    Check("certificate", "the newest key is served and published", certificate.fresh),
    Check("expiry", "the certificate is valid for a while", certificate.expiry),
    Check("pin", "the certificate is the pinned one", certificate.pinned),
    Check("keys", "a key seals, and each can be read", keys.usable),
    Check("renewal", "keys are renewed in time", keys.renewal),
    Check("backup", "every key is in a backup", keys.backup),
    Check("compromised", "no compromised key opens anything", keys.compromised),
    Check("rights", "the controller may do what it has to", access.sufficient),
    Check("excess-rights", "the controller may do nothing else", access.excess),
    Check("key-readers", "nobody else may read the private keys", subjects.readers),
    Check("service-proxy", "not everybody may send it objects", subjects.service_proxy),
    Check("encryption", "Secrets are encrypted at rest", storage.encryption),
    Check("objects", "every SealedSecret is synced", objects.synced),
    Check("missing-keys", "every key that is needed is here", objects.missing_keys),
    Check("unwatched", "somebody looks at every SealedSecret", objects.watched),
)
