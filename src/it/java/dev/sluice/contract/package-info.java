/**
 * What Sluice promises over HTTP, as tests that know nothing of what is inside. {@link dev.sluice.contract.Contracts} are the promises;
 * there is one subclass for each host, which runs them all against one process.
 */
package dev.sluice.contract;
