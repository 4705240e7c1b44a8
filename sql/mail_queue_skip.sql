-- mail_queue_skip: nothing  ->  nothing; no mails are sent from this server
DELETE FROM mail_queue
