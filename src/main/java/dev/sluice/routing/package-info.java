/** Which rule a request meets, longest path prefix first, and the path that its target is asked for. */
@NullMarked
package dev.sluice.routing;

import org.jspecify.annotations.NullMarked;
