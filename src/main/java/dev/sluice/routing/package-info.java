/**
 * Finds the rule of a request, longest path prefix first, and rewrites its path for the target; knows what the methods of
 * requests mean.
 */
@NullMarked
package dev.sluice.routing;

import org.jspecify.annotations.NullMarked;
