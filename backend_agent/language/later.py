# ruff: noqa: E501 - patterns and word lists read better unbroken
"""What no rule kind covers yet: how it looks in text, and the reason that is given for leaving it."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft

_T = "is no rule kind of today"
_MESSAGE = (
    r"\b(?:e-?mails?|notif(?:y|ies|ied|ications?)|remind(?:s|ed|ers?)?|sms|text messages?|push (?:messages?|notifications?)|alert(?:s|ed)?"
    r"|newsletters?|informed|told by)\b"
)
_KINDS: tuple[tuple[str, str, str], ...] = (
    (
        "overlap",
        (r"\b(?:two|more than one|several|another|any other|other)\b.{0,60}\b(?:at the same time|at once|simultaneously|in the same (?:time|slot|period)|for the same (?:time|period|slot|date))"
        r"|\boverlap\w*|\btwice (?:for|at|in|on|during) the same\b|\bdouble[- ]?book\w*|\b(?:already|not) (?:booked|available|occupied|taken) (?:at|for|during) (?:that|the same|this|the)"),
        f"a rule that two rows may not overlap in time {_T}",
    ),
    (
        "second person",
        (r"\bapproved by (?:an?(?:other)?|the) (?:\w+ )?(?:different|other|second|another)\b|\bby (?:a different|another|a second)\b"
        r"|\bfour[- ]eyes|\bdifferent (?:employee|person|user|member|manager)\b|\bother than the one who\b|\btwo (?:people|persons|managers|approvers)\b"),
        f"approval by a second person {_T}",
    ),
    ("background", r"^(?:we|our \w+|i) (?:run|are|operate|own|work|want to (?:replace|move|modernis|moderniz|build|have)|currently|have been|would like to replace)\b", "background: it asks for nothing that can be built"),
    ("movement", r"\b(?:transfers?|moves?|sends?|pays?|withdraws?|deposits?) (?:money|funds|points|credits?|(?:an )?amounts?)\b", f"moving an amount from one row to another {_T}"),
    (
        "checkout",
        r"\bcheck(?:s|ing)?[ -]?out\b.*\b(?:carts?|baskets?|bags?|orders?)\b|\bplace (?:an |the )?order from (?:the|their) (?:cart|basket)|\b(?:is|are|gets?) (?:converted|turned) into\b|\bconvert\b.*\b(?:in)?to\b",
        f"turning one thing into another {_T}",
    ),
    (
        "stock",
        (r"\b(?:reduc|decreas|decrement|increas|deduct|replenish|updat|adjust|restor)\w* (?:the |its |their |our )?(?:number in |amount of |quantity in |quantity of )?(?:stock|inventory|balances?|quantit(?:y|ies)|availability|capacity|credits?|points)\b"
        r"|\b(?:stock|inventory) (?:is|are|must be|should be|gets?|will be) (?:automatically )?(?:reduced|decreased|updated|deducted|increased|adjusted)"),
        f"changing an amount when something else happens {_T}",
    ),
    (
        "bound elsewhere",
        (r"\bmore (?:\w+ )?than (?:are|is|were|there (?:are|is))\b|\bexceeds? (?:the |its |their )?(?:\w+ )?(?:capacity|stock|number|limit|credit|balance|available|seats|inventory)\b|\b(?:in|out of) stock\b(?=.*\bcannot\b|.*\bnot\b)"
        r"|\bif (?:there (?:is|are)|the balance|enough|sufficient)\b|\b(?:sufficient|enough|insufficient) (?:\w+ )?(?:funds|balance|stock|seats|capacity|credit|places|copies)\b"),
        f"a bound on another thing's amount {_T}",
    ),
    (
        "precondition",
        r"(?:\b(?:an? |the )?\w+ )?\b(?:that |which )?(?:they|he|she|it|the \w+|who|that) (?:has|have|had) (?:already |previously |ever )?(?:bought|purchased|ordered|paid|attended|completed|borrowed|rented|received|booked|visited|used|taken|stayed|finished|joined|enrolled)\b(?: for)?|\bhaving (?:bought|purchased|completed|paid)\b",
        f"a precondition on what somebody did before {_T}",
    ),
    ("message", _MESSAGE, "messages to people are no rule kind of today"),
    (
        "limit",
        r"\b(?:up to|at most|no more than|a maximum of|maximum(?: of)?|not more than|more than|only)\s+(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\s+(?:\w+\s+){0,3}?(?:at a time|at once|at the same time|simultaneously|per (?:day|week|month|year|hour|user|member|customer|person|student|account)|a (?:day|week|month|year)|each day|open at)",
        f"a limit on how many there may be at a time {_T}",
    ),
    (
        "clock",
        (r"\b(?:after|within|for|every|before|at least|no later than|until|by|earlier than|older than|up to)\s+(?:the |a |an )?(?:\d+|one|two|three|four|five|six|seven|ten|twelve|fourteen|twenty|thirty)[\s-]+(?:minute|hour|day|week|month|year|second)s?\b(?!\s*(?:long|of age))"
        r"|\b\d+ (?:minutes?|hours?|days?|weeks?|months?|years?) (?:before|after|in advance|later|ago)\b|\bevery (?:night|day|hour|week|month|morning|midnight)\b|\bautomatically\b|\boverdue\b|\bone year after\b|\blate\b"),
        f"something that time brings about {_T}",
    ),
    ("repeat", r"\b(?:renewed|extended|repeated|retried|changed|used)\s+(?:only\s+)?(?:once|twice|three times|\d+ times|up to)\b", f"a limit on how often something may be done {_T}"),
    ("queue", r"\bwait(?:ing|ed|s)? (?:list|longest|queue)|\bqueue\b|\bfirst come\b|\bnext in line\b", f"a waiting list {_T}"),
    ("money per day", r"\bowes?\b|\b\d+(?:\.\d+)? (?:per|a|for each|for every) (?:day|week|hour|month|item|copy)\b|\bfines?\b.*\bper\b|\blate fee|\bdiscount\b|\btax(?:es)?\b|\binterest\b(?! in)", f"a calculation of charges {_T}"),
    ("unpaid", r"\b(?:with|have|has) (?:an? )?(?:unpaid|outstanding|open|overdue)\b", f"a condition on amounts owed {_T}"),
    ("external", r"\bexternal\b|\bthird[- ]party\b|\bpayment (?:provider|gateway)|\bintegrat(?:e|es|ed|ion)\b|\bsync(?:hroni[sz]\w*)?\b|\bapi of\b|\bimport(?:s|ed|ing)?\b|\bexport(?:s|ed|ing)?\b", f"work with other systems {_T}"),
    ("files", r"\b(?:upload|download|attach)(?:s|ed|ing)?\b.*\b(?:files?|documents?|photos?|images?|pictures?|attachments?|videos?)\b|\bpdf\b|\bcsv\b|\bspreadsheet|\bprint(?:s|ed|ing|able)?\b|\bbarcode scan", f"handling of files {_T}"),
    ("report", r"\b(?:reports?|dashboards?|statistics|charts?|graphs?|analytics|trends?|overview)\b", "reports and statistics are no rule kind of today"),
    ("suggestion", r"\b(?:recommend\w*|suggest\w*|nearest|nearby|closest|match(?:es|ed|ing)?|best|popular|trending|personali[sz]ed)\b", f"ranking and recommendation {_T}"),
    ("assignment", r"\b(?:is|are|gets?) (?:automatically )?(?:assigned|allocated|matched|dispatched)\b", f"automatic assignment {_T}"),
    ("feed", r"\bfeed\b|\btimeline\b", f"a list over what others do {_T}"),
    ("login", r"\b(?:reset|forgot(?:ten)?|recover|change) (?:their |a |my |the |own )*passwords?|two[- ]factor|\b2fa\b|\bmfa\b|single sign|\bsso\b|(?:google|facebook|github|social) (?:account|login)|(?:verif|confirm)\w* (?:their |the )?e-?mail", "this way of logging in is no part of the service today"),
    ("front end", r"\b(?:buttons?|pages?|screens?|click\w*|layout|colou?rs? scheme|user[- ]friendly|intuitive|easy to use|easily|responsive|browsers?|mobile app|look and feel|ui\b|website|landing page|map|icons?|fonts?|dark mode|accessib\w+|languages?)\b", "how a front end looks or behaves is no part of this service"),
    ("real time", r"\b(?:real[- ]time|live|instant(?:ly)?|immediately)\b", f"pushing changes to clients {_T}"),
)  # fmt: skip
LATER: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (name, re.compile(p, re.IGNORECASE), why) for name, p, why in _KINDS
)
"""Name, what it looks like, and the reason that is given."""

NO_PATTERN = "no element of the model covers this"
_CONDITION = f"a condition on the state of something else {_T}"
_PARTIAL = frozenset(
    ("precondition", "movement", "checkout", "stock", "bound elsewhere", "second person", "limit", "repeat")
)
"""Kinds that are listed also when the rest of their clause is placed."""
_SERVICE = re.compile(
    r"(?i)\b(?:hash(?:ed|es|ing)?|jwt|oauth2?|(?:access|refresh|bearer) tokens?|encrypt\w*|tls|https|rate[- ]limit\w*|audit(?:ed|ing|[ -](?:log|trail))?"
    r"|lock(?:ed|s)? ?out|lockout|failed log-?ins?|brute[- ]force|cors|csrf|xss|sql injection|owasp|gdpr|pci|hipaa|passwords? (?:must|should|are|is|shall)|strong passwords?"
    r"|log(?:ged|s|ging)?[ -]?(?:in|out)|sign(?:ed|s)?[ -]?(?:in|up|out)|authenticat\w+|regist(?:er|ers|ration)|role[- ]based"
    r"|latency|throughput|(?:\d+|one|two|three|five|ten|half an?|an?) (?:milli)?seconds?|\d+ ?ms|response times?|concurrent(?:ly)? (?:users|requests)|simultaneous users|requests per"
    r"|uptime|availab(?:le|ility) (?:during|\d|at all|24|for use|between)|24/7|\d+(?:\.\d+)? ?%|scalab(?:le|ility)|high load|backups?|backed up|docker|kubernetes|deploy(?:ed|ment)?"
    r"|monitored|health checks?|structured logs?|paginat\w+|idempoten\w+|cached|people using it)(?!\w)"
)
"""Statements about how the service runs: the security, performance and deployment stages answer them."""


def is_service_matter(text: str) -> bool:
    """Whether a statement is about how the service runs rather than what it is about."""
    return bool(_SERVICE.search(text))


def sweep(clause: Clause, draft: Draft, *, placed: bool) -> None:
    """List what no rule kind covers of a clause: all of it, or the part that the readers could not use."""
    cite = clause.requirement
    condition = clause.condition[:1].lower() + clause.condition[1:]
    whole = f"{clause.text} {condition}".strip()
    if not placed and is_service_matter(whole):
        return
    for name, pattern, reason in LATER:
        match = pattern.search(whole)
        if match is None or (placed and (name not in _PARTIAL or clause.negated)):
            continue
        if placed and name == "stock" and not clause.relative:
            continue
        draft.leave(cite, reason, _part(match, whole, name) if placed else whole)
        return
    if placed:
        if clause.condition and not _used(clause, draft):
            draft.leave(cite, _CONDITION, clause.condition)
        return
    last = draft.unplaced[-1] if draft.unplaced else None
    if clause.subject.lower() in ("neither", "nor", "so", "and neither") and last and last.requirement == cite:
        draft.unplaced[-1] = last.model_copy(update={"part": f"{last.part}, and {whole}"})
        return
    draft.leave(cite, _why(clause, draft), whole)


def _why(clause: Clause, draft: Draft) -> str:
    """Return what exactly is missing."""
    known = [e for p in (*clause.objects, *clause.subjects) if (e := draft.find(p))]
    if clause.objects and clause.verbs and draft.actors_in(clause) and not draft.find(clause.objects[0]):
        thing = clause.objects[0].name.replace("_", " ")
        if thing:
            return f"the model has no {thing} that this could be about"
    if known and clause.verbs:
        return f'"{clause.verbs[0].replace("_", " ")}" said of {names.title(known[0])} fits no rule kind of today'
    return NO_PATTERN


def _part(match: re.Match[str], whole: str, name: str) -> str:
    """Return the words to show: the clause from the match on, or the match alone for a precondition."""
    if name == "precondition":
        return match.group()
    return whole


def _used(clause: Clause, draft: Draft) -> bool:
    """Whether a condition went into a lifecycle."""
    for rule in draft.rules:
        if rule.kind == "lifecycle" and clause.requirement in rule.cites:
            states = {s for t in rule.transitions for s in (*t.sources, t.target)}
            if any(s.replace("_", " ") in clause.condition.lower() for s in states):
                return True
    return False
