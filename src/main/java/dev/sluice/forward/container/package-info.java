/** What servlet containers do differently, and what only their own APIs can do. */
@NullMarked
package dev.sluice.forward.container;

import org.jspecify.annotations.NullMarked;
