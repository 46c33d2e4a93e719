/** A request on its way to a target and the answer on its way back, without a thread that waits for either. */
@NullMarked
package dev.sluice.forward;

import org.jspecify.annotations.NullMarked;
