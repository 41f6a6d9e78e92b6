"""Functions that the original has and that are refused here, with the reason.

Their result would differ from one rendering to the next, or tell about the machine (threats.md
6.2). A template that names one is an error before anything is rendered.
"""

_CLOCK = "its result changes with the time"
_RANDOM = "its result is random, and every rendering would give another one"
_KEYS = "keys and certificates are made outside of templates: their result is random"
_ENVIRONMENT = "templates see nothing of the controller's environment"

REFUSED: dict[str, str] = {
    **dict.fromkeys(("now", "ago"), _CLOCK),
    **dict.fromkeys(
        ("randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric"), _RANDOM
    ),
    **dict.fromkeys(("shuffle", "uuidv4"), _RANDOM),
    **dict.fromkeys(("genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert"), _KEYS),
    **dict.fromkeys(("genSelfSignedCertWithKey", "genSignedCert"), _KEYS),
    **dict.fromkeys(("genSignedCertWithKey", "buildCustomCert"), _KEYS),
    **dict.fromkeys(("encryptAES", "decryptAES"), "values are not encrypted inside of values"),
    **dict.fromkeys(("env", "expandenv", "getHostByName"), _ENVIRONMENT),
}
