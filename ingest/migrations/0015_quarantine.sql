-- What was refused can be counted, found and tried again.

alter table quarantine
    -- Who spoke, as far as the topic tells.
    add terminal_id  text generated always as (nullif(split_part(topic, '/', -2), '')) stored,
    -- The kind of the reason, of which there are few: reasons quote what came.
    add code         text not null default 'not_understood'
        check (code in ('wrong_topic', 'not_understood', 'unknown_terminal', 'from_the_future',
                        'database_refused')),
    -- How often it was tried again and refused again, and when last.
    add retries      integer not null default 0,
    add retried_at   timestamptz;

update quarantine
   set code = case when reason like 'terminal % is not registered:%' then 'unknown_terminal'
                   when reason like '%from the future%' then 'from_the_future'
                   when reason like 'the database does not take it:%' then 'database_refused'
                   else 'wrong_topic' end
 where reason like 'terminal % is not registered:%' or reason like '%from the future%'
    or reason like 'the database does not take it:%'
    or reason like 'topic %' or reason like 'nobody but the server speaks%';

alter table quarantine alter code drop default;

create index quarantine_by_terminal on quarantine (terminal_id, quarantine_id);
create index quarantine_by_code on quarantine (code);
