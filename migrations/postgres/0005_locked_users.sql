-- Whoever is listed or counted as locked is not deleted: users_locked_now serves both.
drop index users_locked;
