/** What Sluice is measured against, each in a process of its own. src/bench/measure starts them. */
@NullMarked
package dev.sluice.contender;

import org.jspecify.annotations.NullMarked;
