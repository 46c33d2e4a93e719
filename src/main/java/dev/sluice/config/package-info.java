/**
 * Turns environment variables into immutable records. All problems are reported at once, each with the name of its
 * variable.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
