/** What servlet containers do differently, and how to reach behind the Servlet API. */
@NullMarked
package dev.sluice.forward.container;

import org.jspecify.annotations.NullMarked;
