"""When it runs: Dagster's assets, checks, jobs and schedules over the other rooms."""
