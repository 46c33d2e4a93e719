/**
 * Takes a request to a target, and its response back, without a thread that waits for either: one {@code Exchange} for
 * each request, and the {@code Attempt}s that it makes.
 */
@NullMarked
package dev.sluice.forward;

import org.jspecify.annotations.NullMarked;
