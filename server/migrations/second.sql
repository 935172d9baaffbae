-- The story of a subject is read by its id alone.
create index event_of_any_subject on event (subject_id, seq);
