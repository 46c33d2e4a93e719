/** The algorithms that pick a target, each one small class behind {@link dev.sluice.balance.Algorithm}. */
@NullMarked
package dev.sluice.balance;

import org.jspecify.annotations.NullMarked;
