"""Faults planted in a generated project: one rule's code taken out each, and the tests that must notice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """One rule whose code is gone."""

    name: str
    files: str
    """Glob of the files to change."""
    pattern: str
    instead: str
    killed_by: frozenset[str]
    """Tests that fail because of it, `file::function` without `tests/test_` and `.py`."""

    def plant(self, project: Path) -> None:
        """Change the files; raises `ValueError` when there is nothing to change."""
        changed = 0
        for path in sorted(project.glob(self.files)):
            text, count = re.subn(self.pattern, self.instead, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            path.write_text(text, encoding="utf-8")
            changed += count
        if not changed:
            raise ValueError(f"{self.name}: {self.pattern!r} is nowhere in {self.files}")


def mutant(name: str, files: str, pattern: str, instead: str, *killed_by: str) -> Mutant:
    """Return a mutant."""
    return Mutant(name, files, pattern, instead, frozenset(killed_by))


CLUB = (
    mutant(
        "ownership-of-meals", "app/repositories/meals.py", r"^    return meals_table\.c\.member_id\.in_.*$",
        "    return sa.true()",
        "meals::test_meal_is_closed_to_other_owners", "meals::test_list_meals_shows_own_rows_only",
        "meals::test_settle_meal_of_another_owner", "meal_lines::test_meal_line_is_closed_to_other_owners",
    ),
    mutant(
        "ownership-of-posts", "app/repositories/posts.py", r"^    return posts_table\.c\.author_id\.in_.*$",
        "    return sa.true()",
        "posts::test_post_is_closed_to_other_owners", "comments::test_comment_is_closed_to_other_owners",
    ),
    mutant(
        "role", "app/services/menu_items.py", r"^        require_role\(caller, Role\.ADMINISTRATOR\)\n", "",
        "menu_items::test_others_may_not_create_or_update_or_delete_menu_items",
    ),
    mutant(
        "public", "app/api/routes/posts.py", "OptionalCaller", "CurrentCaller",
        "posts::test_posts_are_public",
    ),
    mutant(
        "role-for-a-field", "app/services/posts.py", r"caller is None or caller\.role not in _REMARK_ROLES", "False",
        "posts::test_post_remark_is_for_some_roles",
    ),
    mutant(
        "lifecycle-sources", "app/services/meals.py", r'sources=\("open",\)', 'sources=("open", "served", "settled")',
        "meals::test_serve_meal_from_a_wrong_state",
    ),
    mutant(
        "lifecycle-role", "app/services/meals.py", r"^        require_role\(caller, Role\.MODERATOR\)\n", "",
        "meals::test_others_may_not_serve_meal",
    ),
    mutant(
        "frozen", "app/services/meals.py", r"if not meal\.can_change:", "if False:",
        "meals::test_meal_is_frozen",
    ),
    mutant(
        "frozen-parts", "app/services/meal_lines.py", r"if not meal\.can_change:", "if False:",
        "meals::test_meal_lines_of_a_frozen_meal",
    ),
    mutant(
        "last-part", "app/services/meal_lines.py", r"meal_lines\.count\(meal_id\) < 1", "meal_lines.count(meal_id) < 0",
        "meal_lines::test_last_meal_line_of_meal_stays",
    ),
    mutant(
        "unique-field", "**/*.py", r'^ +sa\.UniqueConstraint\("code".*\n', "",
        "menu_items::test_menu_item_code_is_unique",
    ),
    mutant(
        "unique-pair", "**/*.py", r'^ +sa\.UniqueConstraint\("meal_id", "menu_item_id".*\n', "",
        "meal_lines::test_meal_line_meal_and_menu_item_is_unique",
    ),
    mutant(
        "range", "app/api/schemas/comments.py", r"ge=1, le=5", "",
        "comments::test_create_comment_refuses",
    ),
    mutant(
        "after", "app/services/posts.py", r"if ends_at <= starts_at:", "if False:",
        "posts::test_post_ends_at_is_after_starts_at",
    ),
    mutant(
        "sum", "app/repositories/meals.py", r"meal_lines_table\.c\.quantity \* menu_items_table\.c\.price",
        "meal_lines_table.c.quantity",
        "meals::test_total_of_meal",
    ),
    mutant(
        "average", "app/repositories/posts.py", r"sa\.func\.avg\(", "sa.func.max(",
        "posts::test_rating_of_post",
    ),
    mutant(
        "count", "app/repositories/members.py", r"sa\.func\.count\(\)\)$", "sa.func.count() + 1)",
        "follows::test_follow_is_shown_on_member",
    ),
    mutant(
        "exists", "app/repositories/posts.py", r"members_table\.c\.user_id == sa\.bindparam\(.*\)\)$",
        'sa.or_(sa.true(), members_table.c.user_id == sa.bindparam("viewer_id", type_=sa.Uuid())))',
        "likes::test_like_is_shown_on_post",
    ),
    mutant(
        "toggle-off", "app/services/likes.py", r"repositories\.likes\.remove\(", "repositories.likes.put(",
        "likes::test_like_post",
    ),
    mutant(  # the database would refuse it too
        "not-self", "**/*.py", r'^ +if member_id == follower_id:\n.*\n|^ +sa\.CheckConstraint\("follower_id <>.*\n', "",
        "follows::test_nobody_may_follow_themselves",
    ),
    mutant(
        "search", "app/repositories/posts.py", r"^        posts_table\.c\.body\.icontains.*\n", "",
        "posts::test_search_posts_by_body",
    ),
    mutant(
        "filter", "app/repositories/posts.py", r"posts_table\.c\.weight == query\.weight", "sa.true()",
        "posts::test_list_posts_filtered",
    ),
    mutant(
        "sort", "app/repositories/posts.py", r"posts_table\.c\.pinned\.asc\(\)", "posts_table.c.pinned.desc()",
        "posts::test_list_posts_sorted",
    ),
    mutant(
        "default-order", "app/api/routes/posts.py", r'= "-starts_at"', '= "created_at"',
        "posts::test_list_posts_default_order",
    ),
    mutant(
        "tree", "app/services/comments.py", r"await repositories\.comments\.is_within\(.*\)", "False",
        "comments::test_comment_is_not_below_itself",
    ),
    mutant(
        "version", "app/repositories/posts.py", r"posts_table\.c\.version == version, ", "",
        "posts::test_update_post_with_an_old_version",
    ),
    mutant(
        "refresh-once", "app/services/auth.py", r" and await repositories\.refresh_tokens\.use\(stored\.id\)", "",
        "auth::test_refresh_token_is_good_for_one_use",
    ),
    mutant(
        "lockout", "app/services/auth.py", r"len\(failures\) == LOCKOUT_ATTEMPTS", "False",
        "auth::test_lockout",
    ),
    mutant(
        "token-issuer", "app/core/tokens.py", r", issuer=ISSUER", "",
        "auth::test_bad_access_token",
    ),
    mutant(
        "security-headers", "app/main.py", r"^ +Middleware\(SecurityHeaders\),\n", "",
        "service::test_security_headers",
    ),
    mutant(
        "body-limit", "app/main.py", r"^ +Middleware\(BodyLimit.*\n", "",
        "service::test_body_too_large",
    ),
)  # fmt: skip

CLINIC = (
    mutant(
        "encryption", "app/database/base.py", r"cipher\.(?:en|de)crypt\(value\)", "value",
        "protection::test_patient_is_stored_encrypted",
    ),
    mutant(
        "audit-create", "app/services/rooms.py", r"^.*audit\.record.*\"create_room\".*\n", "",
        "protection::test_changes_of_rooms_are_recorded",
    ),
    mutant(
        "audit-update", "app/services/patients.py", r"^.*audit\.record.*\"update_patient\".*\n", "",
        "protection::test_changes_of_patients_are_recorded",
    ),
)  # fmt: skip

BANK = (
    mutant(
        "foreign-reference", "app/services/transfers.py", r"exists\(source_account_id, owner_id=\w+\)",
        "exists(source_account_id)",
        "transfers::test_create_transfer_with_the_source_account_of_another",
    ),
    mutant(
        "default-order", "app/repositories/transfers.py", r"transfer_time\.desc\(\)", "transfer_time.asc()",
        "transfers::test_list_transfers_page_by_page", "transfers::test_administrator_sees_every_transfer",
    ),
)  # fmt: skip
