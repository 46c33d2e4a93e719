/** The heads of requests and responses: which fields pass, what Sluice adds, and what it refuses. */
@NullMarked
package dev.sluice.forward.head;

import org.jspecify.annotations.NullMarked;
