/** The algorithms that pick a target, each behind {@link dev.sluice.balance.Algorithm}, and session stickiness. */
@NullMarked
package dev.sluice.balance;

import org.jspecify.annotations.NullMarked;
