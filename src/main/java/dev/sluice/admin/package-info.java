/** The pages and actions for operators. All of them are served below ADMIN_PATH, which is never forwarded. */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
