/** What people see of the traffic. It is told what happened, it does not reach in. */
@NullMarked
package dev.sluice.observe;

import org.jspecify.annotations.NullMarked;
