# ruff: noqa: E501 - patterns and word lists read better unbroken
"""The category, priority and complexity of a statement, from its words."""

from __future__ import annotations

import re

from backend_agent.artifacts.base import Complexity, Priority
from backend_agent.artifacts.requirements import Category

_PATTERNS: tuple[tuple[Category, str], ...] = (
    ("security", r"\b(?:failed|wrong) log-?ins?|\block(?:ed|s)? ?out\b|\baudit (?:log|trail)"),
    (
        "data",
        (
            r"^(?!(?:an?|the|our)?\s*(?:system|product|website|application|software|interface|service|app|site|tool|solution|game|database|user interface|users?)\b)(?:(?:an?|the|each|every|all)\s+)?[\w' -]{1,40}?\s+(?:has|have|contains?|consists? of|belongs? to|refers? to|includes?|carries|stores?|comprises?)\s"
            r"|^(?:an?|the|each|every)\s+[\w' -]{1,40}?\s+(?:is|can be)\s+[\w' -]+,.*\bor\b|\bform a (?:tree|hierarchy)\b|\btable\b.*\bcolumns?\b|\b(?:is|are) written by\b|\b(?:unique|optional|mandatory)\b"
        ),
    ),
    (
        "performance",
        (
            r"\b(?:latency|throughput|response times?|respond(?:s|ed)? (?:in|within)|within (?:\d+|an?|one|two|three|five|ten|half) (?:milli)?(?:seconds?|minutes?|ms)"
            r"|in (?:under|less than) \d+ ?(?:ms|seconds?|milliseconds?|minutes?)|(?:no (?:longer|more) than|at most|under|less than|up to|maximum of|every) (?:\d+|one|two|three|five|ten|half a) (?:milli)?(?:seconds?|minutes?)"
            r"|\d+ ?(?:ms|milliseconds?)\b|half a second|simultaneous(?:ly)?|concurrent(?:ly)?|requests per|users? at (?:the same time|once)|fast|quick(?:ly)?|speed|performance"
            r"|(?:timely|acceptable|reasonable) (?:manner|time)|every (?:\d+ )?(?:hour|minute|second)s?|(?:multiple|remote|\d[\d,]*) (?:\w+ )?users|years of (?:use|data)|streams?\b"
            r"|scal(?:e|es|able|ability)|peak|high load|cach(?:e|ed|ing)|per second|per minute|capacity|capable of (?:supporting|handling|storing))\b|\bp9\d\b"
        ),
    ),
    (
        "security",
        (
            r"\b(?:secur(?:e|ed|ely|ity)|encrypt\w*|hash(?:ed|es|ing)|jwt|oauth2?|authenticat\w+|authori[sz](?:ed|ation)|password|permissions?|role[- ]based|rbac|access control"
            r"|access rights|(?:have|has|given|gain|grant(?:ed)?|no|limited|restricted) (?:\w+ )?access|abuse|protect\w*|prevent\w*|corrupt\w*|only people|not (?:be able|be allowed) to (?:view|see|access|change|modify)|unauthori[sz]ed|privacy|private|confidential\w*|audit(?:ed)? (?:logs?|trails?)|audit logging|lock(?:ed|s)? out|lockout|gdpr|pci|hipaa|owasp|csrf|xss|cors|injection|attack\w*|malicious|virus\w*"
            r"|rate limit\w*|two[- ]factor|mfa|tls|https|ssl|privileges?|log ?-?ins?\b|log in|visible to \w+ only|personal data|tamper\w*|fraud)\b"
        ),
    ),
    (
        "security",
        r"^(?:[\w ]{0,30}\bthat )?only\s+(?:the\s+)?[\w' /-]{2,60}?\s+(?:can|may|shall|must|should|will|are allowed|is allowed|has|have)\b|\bonly (?:by|to) (?:the )?[\w ]+$",
    ),
    (
        "operations",
        (
            r"\b(?:availab(?:le|ility) (?:for use|during|\d|at all|24|for|between|on)|uptime|down ?time|24 ?/ ?7|24 hours|backups?|recover\w*|crash\w*|fail ?over|fault\w*|robust|reliab\w+|restor(?:e|ed|es) |"
            r"deploy\w*|install\w*|docker|kubernetes|container\w*|server|platform|operating system|windows|linux|unix|mac ?os|browsers?|internet explorer|firefox|netscape|ios|android|hardware|cloud|hosting"
            r"|environment|monitor(?:ed|ing)|maintain(?:able|ability|ers?)|portab\w+|upgrad\w+|release|documentation|source code|coding standards?|maintenance|compl(?:y|ies|iance|iant)|regulations?|laws?\b|legal|standards?\b|licens\w+"
            r"|easy to|easily|ease of|intuitive\w*|user[- ]friendly|usab\w+|learn(?:ed|ing|able)?|training|trained|without (?:any )?(?:training|help|assistance|instruction)|understand(?:able|s)?|satisf\w+|look and feel|appear(?:ance|s)?|colou?rs?|fonts?"
            r"|attractive|professional|appeal\w*|style|logo|branding|interface|screen|icons?|accessibility|disabilit\w+|wcag|color ?blind|locali[sz]\w+|translat\w+|budget|developed (?:in|using|with)|java\b|\.net|sql server|oracle|mysql|intranet)\b"
        ),
    ),
    (
        "operations",
        (
            r"\b(?:system|product|website|application|software|interface|service|app|site|tool|solution|game|database)s?\s+(?:shall|must|will|should)\s+(?:not\s+)?"
            r"(?:(?:be (?!able to (?!be\b)))|operate|conform|adhere|comply|cater|run on|utili[sz]e|use |continue|function|work (?:on|with|in)|protect|increase|have an? \w+ (?:look|appearance|design|feel))"
            r"|\b\d+ ?% of|\b\d+ (?:times? )?out of|\boffline\b|\bfailures?\b|\bsurvey\w*|\bproductivity\b|\bconform\w*|\badhere\w*|\bbe expected to\b|\bversions?\b.*\breleased?\b|\bfit criterion\b"
            r"|\bsound of\b|\blook like\b|\bsimulat\w+ the (?:look|sound)|\boperational\b|\bconditions\b|\bscheduled? (?:outage|maintenance)"
        ),
    ),
    (
        "integration",
        (
            r"\b(?:integrat(?:e|es|ed|ion)|interfaces? with|third[- ]party|external (?:system|service|provider|api|\w+ provider)|webhooks?|stripe|paypal|smtp|sms|push notifications?|payment (?:gateway|provider)"
            r"|import(?:s|ed)? from|export(?:s|ed)? to|sync\w*|message (?:queue|broker)|kafka|rabbitmq|ldap|single sign|sso|api of|web ?services?|exchange data)\b"
        ),
    ),
    (
        "integration",
        r"\b(?:e-?mails?|notifi(?:ed|es|cation|cations)|reminders?)\b.*\b(?:when|sent|receives?|after|before)\b|\b(?:receives?|sends?|sent)\b.*\b(?:e-?mails?|notifications?|reminders?)\b",
    ),
)
_CUES = tuple((category, re.compile(pattern, re.IGNORECASE)) for category, pattern in _PATTERNS)
_SOURCES: dict[str, Category] = {
    "security_requirements": "security",
    "performance_requirements": "performance",
    "integration_requirements": "integration",
    "deployment_requirements": "operations",
    "frontend_context": "integration",
    "database_requirements": "performance",
    "api_requirements": "functional",
}
_HIGH = re.compile(
    r"\b(?:must|never|only|cannot|can not|may not|shall|has to|have to|required|mandatory|always|no one|nobody|critical|essential|secur\w+|encrypt\w*)\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:may|might|optional(?:ly)?|could|nice to have|if possible|ideally|would be nice|preferably|eventually|later)\b",
    re.IGNORECASE,
)
_MEDIUM = re.compile(r"\b(?:should|can|able to|want|needs?)\b", re.IGNORECASE)
_HARD = re.compile(
    r"\b(?:real[- ]time|concurren\w+|simultaneous\w*|same time|overlap\w*|payment|transfer|encrypt\w*|audit|workflow|approv\w+|recommend\w*|search\w*|feed|schedul\w+|import|export|sync\w*"
    r"|integrat\w+|provider|distributed|stock|check out|different (?:employee|person|user)|unless|waiting|migrat\w+|report\w*)\b",
    re.IGNORECASE,
)
_MILD = re.compile(
    r"\b(?:only|own|unique|sum|average|once|tree|hierarchy|from \d|when|if|while|status|cancel\w*|cannot|never|login|log in|register|and unfollow|like|rate|review)\b",
    re.IGNORECASE,
)


def category(text: str, source: str) -> Category:
    """Return the category of a statement."""
    if source in _SOURCES:
        return _SOURCES[source]
    for found, pattern in _CUES:
        if pattern.search(text):
            if found == "security" and _is_permission(text):
                return "security"
            return found
    return "functional"


def _is_permission(text: str) -> bool:
    return bool(re.search(r"\bonly\b.*\b(?:can|may)\b", text, re.IGNORECASE))


def priority(text: str, source: str) -> Priority:
    """Return how much a statement matters, from its modal words; a stronger word wins."""
    if source == "security_requirements":
        return "high"
    if _HIGH.search(text):
        return "high"
    if _MEDIUM.search(text):
        return "medium"
    return "low" if _LOW.search(text) else "medium"


def complexity(text: str) -> Complexity:
    """Return how hard a statement is to meet."""
    hard = len(_HARD.findall(text))
    mild = len(_MILD.findall(text)) + text.count(";") + (1 if len(text) > 160 else 0)
    if hard >= 2 or (hard and mild >= 2):
        return "high"
    return "medium" if hard or mild >= 1 else "low"
