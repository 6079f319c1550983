-- Tokens whose time was up long ago are forgotten.
create index tokens_expiry on tokens (expires_at);
