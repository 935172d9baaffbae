-- The story of a subject is read by its id alone.
create index event_of_any_subject on event (subject_id, seq);

-- Labels are drawn in batches, and a batch is stored once: its fonts weigh more than all of its sheets.
create table print_sheet (
  id uuid primary key,
  pdf bytea not null default '',
  made_at timestamptz not null default now()
);
alter table print_job add column sheet uuid, add column first_page integer not null default 0;
insert into print_sheet(id, pdf, made_at) select id, pdf, made_at from print_job where pdf is not null;
update print_job set sheet = id where pdf is not null;
alter table print_job drop column pdf;
create index print_job_sheet on print_job (sheet) where sheet is not null;
