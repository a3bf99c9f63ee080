-- Where content-defined chunks of stored models lie, so that an upload can leave out what its partner sent before.
-- An index and nothing more: every row may be wrong or missing (the chunk's hash is checked whenever it is copied), and none crosses partners.

create table model_chunk (
    partner       text not null check (partner <> ''),
    chunk_sha256  bytea not null check (octet_length(chunk_sha256) = 32),
    model_sha256  bytea not null references model on delete cascade,
    offset_bytes  bigint not null check (offset_bytes >= 0),
    length_bytes  int not null check (length_bytes > 0),
    primary key (partner, chunk_sha256)
);

create index model_chunk_model on model_chunk (model_sha256);
