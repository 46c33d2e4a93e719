/** Target groups and their targets: the addresses found for them in DNS, and the leases that requests hold on them. */
@NullMarked
package dev.sluice.target;

import org.jspecify.annotations.NullMarked;
