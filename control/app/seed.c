#include "app/seed.h"
#include "app/app.h"
#include "access/email.h"
#include "common/random.h"
#include "store/query.h"
#include "offload/password.h"

enum err seed_admin(struct app *app)
{
    uint8_t salt[PASSWORD_SALT_LEN];
    char email[EMAIL_CAP], hash[PASSWORD_HASH_CAP];
    if (!app->cfg.admin_email || !app->cfg.admin_password || email_fold(app->cfg.admin_email, email))
        return OK; /* a test's configuration: config_read() wants both */
    random_fill(salt, sizeof salt);
    enum err e = password_hash(bytes_str(app->cfg.admin_password), salt, hash);
    if (e)
        return e;
    return store_write(app->store, WQ_MUST_NOT_BE_LOST, sql_users_seed_admin(.email = email, .password_hash = hash));
}
