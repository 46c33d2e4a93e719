/** What operators see of Sluice, and what they may do: all that is served below ADMIN_PATH, and never forwarded. */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
