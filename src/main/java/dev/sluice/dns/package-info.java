/** Looks up the names of targets, by dnsjava. */
@NullMarked
package dev.sluice.dns;

import org.jspecify.annotations.NullMarked;
