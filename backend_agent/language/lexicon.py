# ruff: noqa: E501 - patterns and word lists read better unbroken
"""Small word lists that the readers share. General English and business words only; nothing of one domain's own."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000,
}  # fmt: skip

DETERMINERS = _set("a an the this that these those each every any all both no its his her their our your my own such")
MANY = _set("several many multiple some various numerous different")
PREPOSITIONS = _set(
    "of in on at for with by from to under about into onto over above below within without between through during"
    " across per via against towards around behind near among like except including as using than upon after before"
)
RELATIVES = _set("that which who whose whom where when while once if unless until because so than whether")
PRONOUNS = _set("it they them he she we you i one himself herself itself themselves him her us me this these those")

CREATE = _set(
    "create add make register place submit enter record post publish write upload open schedule book define log"
    " report issue insert start initiate raise propose list introduce offer compose file draft organise organize set_up"
    " sign_up launch announce build prepare"
)
READ = _set("view see read browse access look_up check show display inspect consult get retrieve open monitor track")
LIST = _set("list browse search find look_up filter sort view see discover explore query")
UPDATE = _set("update edit change modify adjust correct rename amend revise maintain alter customise customize rewrite")
DELETE = _set("delete remove erase discard drop withdraw")
MANAGE = _set("manage administer maintain control handle keep organise organize curate crud")

ACTION_VERBS = (
    CREATE
    | READ
    | LIST
    | UPDATE
    | DELETE
    | MANAGE
    | _set(
        "approve reject cancel confirm assign pay transfer move send receive request invite join leave follow unfollow"
        " like unlike rate review comment reply vote order buy purchase borrow return renew reserve rent hire apply"
        " enroll enrol subscribe unsubscribe accept decline close reopen archive freeze unfreeze block unblock ban mark"
        " check_out check_in check ship deliver export import download upload share attach tag merge login logout log_in"
        " log_out sign_in sign_out sign_up sign register choose select pick waive grant revoke suspend activate deactivate"
        " enable disable verify moderate complete finish resolve escalate dispatch refund capture receive notify rank"
        " favourite favorite bookmark save star upvote downvote pin watch mute donate bid play contact message chat"
        " search filter sort"
    )
)
STRUCTURE_VERBS = _set(
    "have be belong refer contain include consist comprise own hold carry sit reference relate link correspond"
    " show display form store list appear exist concern require need use cover span lie live be_made specify state"
    " report describe represent reside stay mention cost weigh last expire start end run point"
)

CONTRIBUTIONS = _set(
    "review rating comment reply answer vote reaction feedback testimonial message post note question opinion remark"
)
"""What an account contributes for others to read: its author changes it, everybody reads it."""

PERSONS = _set(
    "user customer client member person people guest visitor employee staff patient student teacher tenant donor"
    " volunteer owner agent admin administrator moderator manager editor author librarian receptionist practitioner"
    " doctor nurse courier driver rider seller buyer vendor supplier merchant candidate applicant recruiter organizer"
    " organiser attendee participant instructor trainer trainee coach player host landlord accountant clerk cashier"
    " technician engineer operator analyst auditor reviewer supervisor director officer secretary parent guardian child"
    " subscriber reader writer contributor researcher scientist curator archivist developer tester designer borrower"
    " lender investor broker dealer passenger pilot captain chef cook waiter waitress housekeeper cleaner guard"
    " reporter journalist publisher artist musician speaker sponsor assistant consultant lawyer attorney judge"
    " pharmacist dentist therapist veterinarian vet farmer planner dispatcher inspector registrar treasurer"
    " superuser contractor freelancer shopper viewer follower friend contact resident citizen voter staff_member"
    " team_member project_manager anyone everyone public household hr personnel crew"
)
NOT_PERSONS = _set(
    "order offer folder header footer number letter paper chapter container server computer printer counter register"
    " calendar reminder voucher banner poster newsletter membership character parameter filter user_story water corner"
    " center centre theater theatre quarter semester transfer tier layer timer tracker locker trailer charter"
    " answer item product system application app service website platform site tool software invoice document"
    " equipment account appointment apartment department shipment payment treatment document plant restaurant variant"
    " account event department list"
)
ADMINS = _set("administrator admin superuser superadmin sysadmin root")
DATA_SUBJECTS = PERSONS - ADMINS - _set("author artist musician speaker sponsor publisher journalist vendor supplier")
ANYONE = _set("anyone anybody everyone everybody public visitor non-member stranger")
SYSTEM = _set(
    "system service application app api platform backend site website software product program server tool we"
)

PARTS = _set(
    "line item entry row position option step section chapter page paragraph attachment leg stop segment answer part"
    " component ingredient slot detail choice sub-item"
)
"""Nouns whose things live inside another: `an invoice has lines`."""

SHARED = _set(
    "label tag category genre topic skill author keyword language amenity feature permission role subject interest"
    " ingredient allergen certification technology badge actor artist director color speaker instructor"
)
"""Nouns whose things are shared: `a task has several labels` says nothing of a label having one task."""

VIEWS = _set("statement overview dashboard report summary feed timeline history list page profile detail information"
             " info statistics catalogue catalog result view schedule calendar")  # fmt: skip
"""Ways to look at things; no things of their own unless fields are given."""

IMMATERIAL = _set(
    "money time data information access way thing day system service app application website site page screen button"
    " it them login password account_number log_in people everything something anything detail details work place end"
    " order_of name number stock email notification reminder message_box part lot kind type sort half amount half"
    " question_mark internet opening public tree hierarchy week month year hour minute second database table column"
    " default requirement change range period purpose reason duration behalf favourite favorite favourites question mind"
)
"""Nouns that make no entity by being acted on."""
