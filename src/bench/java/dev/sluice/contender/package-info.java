/** Who Sluice is measured beside, each a process of its own: src/bench/measure starts them. */
@NullMarked
package dev.sluice.contender;

import org.jspecify.annotations.NullMarked;
