/** Takes a request to a target, and its response back, without a thread that waits for either. */
@NullMarked
package dev.sluice.forward;

import org.jspecify.annotations.NullMarked;
