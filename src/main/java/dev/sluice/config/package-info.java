/** From environment variables to immutable records. Every problem is reported at once, each by its variable's name. */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
