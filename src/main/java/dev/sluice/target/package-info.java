/** Target groups and their targets: the addresses that DNS finds for them, and the leases that requests hold on them. */
@NullMarked
package dev.sluice.target;

import org.jspecify.annotations.NullMarked;
