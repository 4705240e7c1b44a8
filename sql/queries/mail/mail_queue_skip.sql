-- mail_queue_skip: no mails are sent from this server
DELETE FROM mail_queue
