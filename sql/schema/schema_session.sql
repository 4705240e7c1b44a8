-- schema_session: how every connection of control behaves
SET client_min_messages = warning;
SET statement_timeout = '15s';
SET idle_in_transaction_session_timeout = '30s';
SET TimeZone = 'UTC';
