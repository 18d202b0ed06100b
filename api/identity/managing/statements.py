"""What is asked of the database about accounts and roles."""

from typing import Final

LIST: Final = """
-- accounts that whoever asks manages, in the order of their names
select account_id, name, area_id, worker_id, subject, is_active,
       password_hash is not null as has_password, is_given as must_change_password,
       created_at, revision
  from account
 where account_id in (select account_id from v1_my_account)
   and (%(after)s::text is null or account_id > %(after)s)
   and (%(area_id)s::text is null or area_id = %(area_id)s)
   and (%(is_active)s::boolean is null or is_active = %(is_active)s)
 order by account_id
 limit %(limit)s
"""

FIND: Final = """
-- one account, if whoever asks manages it
select account_id, name, area_id, worker_id, subject, is_active,
       password_hash is not null as has_password, is_given as must_change_password,
       created_at, revision
  from account
 where account_id = %(account_id)s
   and account_id in (select account_id from v1_my_account)
"""

GRANTS: Final = """
-- the roles of an account
select grant_id, role, area_id, grid_id, department_id, valid_from, valid_to, granted_by
  from account_role
 where account_id = %(account_id)s
   and (not %(now_only)s
        or valid_from <= now() and (valid_to is null or valid_to > now()))
 order by grant_id
"""

LOCK: Final = """
-- nobody else changes this account now
select from account where account_id = %(account_id)s for update
"""

ADD: Final = """
-- a new account
insert into account (account_id, name, area_id, worker_id, subject, password_hash, is_given)
values (%(account_id)s, %(name)s, %(area_id)s, %(worker_id)s, %(subject)s, %(password_hash)s,
        %(is_given)s)
returning account_id
"""

CHANGE: Final = """
-- an account as it is from now on
update account
   set name = %(name)s,
       area_id = %(area_id)s,
       worker_id = %(worker_id)s,
       subject = %(subject)s,
       is_active = %(is_active)s,
       password_hash = coalesce(%(password_hash)s, password_hash),
       is_given = case when %(password_hash)s::text is null then is_given else %(is_given)s end,
       revision = revision + 1
 where account_id = %(account_id)s
returning account_id
"""

GRANT: Final = """
-- a role from now on, or from then
insert into account_role (account_id, role, area_id, grid_id, department_id, valid_from, valid_to,
                          granted_by)
values (%(account_id)s, %(role)s, %(area_id)s, %(grid_id)s, %(department_id)s,
        greatest(%(valid_from)s, now()), %(valid_to)s, %(granted_by)s)
returning grant_id, role, area_id, grid_id, department_id, valid_from, valid_to, granted_by
"""

WITHDRAW: Final = """
-- a role that ends now; one that has not begun is taken away
with begun as (
    update account_role
       set valid_to = now()
     where grant_id = %(grant_id)s
       and account_id = %(account_id)s
       and valid_from < now()
       and (valid_to is null or valid_to > now())
    returning grant_id
), coming as (
    delete from account_role
     where grant_id = %(grant_id)s and account_id = %(account_id)s and valid_from >= now()
    returning grant_id
)
select grant_id from begun union all select grant_id from coming
"""

COUNT_UP: Final = """
-- the account is another now
update account set revision = revision + 1 where account_id = %(account_id)s
"""
