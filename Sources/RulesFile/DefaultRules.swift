// Made from config/rules.yaml by `WRITE_GOLDEN=1 swift test --filter DefaultRulesTests`; edit that file.

extension RulesFile {
    /// The text of config/rules.yaml: the rules of a daemon that is given none.
    public static let defaultText = #"""
        # The rules that tenured uses when it is given none: what customer-success teams say they watch, as
        # expressions over the company's portrait. Copy this file, change it, and try it with
        #
        #     tenure rules check rules.yaml
        #
        # before `tenure reload`: a file is taken whole or not at all. Words are defined in the project's
        # documentation of the metrics; `28d` are the 28 calendar days up to today in the company's own zone,
        # and `ago: 1d` leaves today out, which is only partly over.
        #
        # `due` is when somebody should have been in touch: two days for a company that may be leaving, a week for one
        # that is short of seats. `summary` is a sentence, `brief` the few words that a list has room for.
        #
        # Where a figure is called "on history", the rule ran over sixteen years of real events of 281 companies,
        # one half of those there are; its thresholds were chosen on them, and "right" means that the company
        # left within a year of the alert. What the set came to on the other half stands in README.md. Those
        # companies come less often than subscribers of a product do, so there are two sorts of rules: some ask
        # for a company that came on three or four days a week before, and speak within weeks; idle watches the
        # others, and waits. Of the first sort history had too few to say how often they are right.

        sets:
          # What people buy the product for, e.g. ["report.exported", "invoice.sent"]. Empty, everything that
          # asks for "@core" is unknown: value_stopped stays quiet and the health score leaves its part out.
          # Fill this in first; no other line makes the flags better.
          core: []
          # What only shows that somebody was here, e.g. ["session.started"]. For your own rules.
          login: []
          # What people do with us before they use the product. A company that has done nothing else is a prospect.
          attention: ["demo.minute", "video.minute", "product_page.viewed", "whitepaper.downloaded"]

        flags:
          # --- Leaving ------------------------------------------------------------------------------------

          # No login for 15 days is a churn alert that several vendors publish; on history 14 to 19 % of those
          # were right, of the few at three weeks four in ten; and three weeks outlast a holiday of two. Twelve active days in the four weeks
          # before mean three a week: a company that worked with the product, not one that looked in.
          - name: gone_silent
            kind: churn
            severity: high
            when: user_idle_days > 21 and active_days(28d, ago: 22d) >= 12
            clear: active_users(1d) > 0
            cooldown: 28d
            inhibits: [idle, usage_halved, users_falling]
            due: 2d
            owner: trait("csm")
            summary: "{company} worked on {active_days(28d, ago: 22d)} of 28 days and has been silent for {user_idle_days:0}; {last_user} was the last to leave"
            brief: "nobody here for {user_idle_days:0}d"

          # The oldest rule of after-sales: last visit more than 7 days ago, follow up. On history three of four
          # such companies came back by themselves and stayed, and a month of silence is what tells the others
          # apart. In the first year two days of use before it are enough: 63 % were right. Later companies
          # pause and return; there the silence must follow on two visits a month, and leave the last 90 days
          # with less than half the events of a usual quarter of the three before: 46 %.
          - name: idle
            kind: churn
            severity: medium
            when: user_idle_days > 30 and ((age_days < 365 and active_days(64d, ago: 31d) >= 2) or (active_days(64d, ago: 31d) >= 4 and events(90d) < events(270d, ago: 90d) / 6))
            clear: active_users(1d) > 0
            cooldown: 90d
            due: 2d
            owner: trait("csm")
            summary: "Nobody at {company} for {user_idle_days:0} days; call {last_user}"
            brief: "nobody here for {user_idle_days:0}d"

          # They still log in, but the work has stopped: churn that every count of active users misses. Ten core
          # events in four weeks are work and not a trial run; two weeks without one outlast a holiday of a week.
          - name: value_stopped
            kind: churn
            severity: high
            when: events("@core", 14d) == 0 and events("@core", 28d, ago: 15d) >= 10 and user_idle_days <= 7
            clear: events("@core", 7d) > 0 or not is_known(events("@core", 7d))
            cooldown: 28d
            due: 2d
            owner: trait("csm")
            summary: "{company} still visits but has done none of its core work for two weeks, after {events(\"@core\", 28d, ago: 15d)} times in the four weeks before; ask {most_active}"
            brief: "visits, no core work"

          # Half of the usage gone between two windows of four weeks, and still gone two weeks later; below 40
          # events, or four days of use a week, halving is noise. A year ago the same weeks must have brought twice
          # as much too, if there was a year ago: holidays come again. The baseline sinks together with the
          # company, so it clears against the value at raising: back to 70 %.
          - name: usage_halved
            kind: churn
            severity: medium
            when: events(28d, ago: 1d) < 0.5 * events(28d, ago: 29d) and events(28d, ago: 29d) >= 40 and active_days(28d, ago: 29d) >= 16 and (age_days < 393 or events(28d, ago: 1d) < 0.5 * events(28d, ago: 365d))
            for: 14d
            clear: events(28d, ago: 1d) >= 0.7 * at_raise(events(28d, ago: 29d))
            cooldown: 90d
            owner: trait("csm")
            summary: "Usage at {company} fell from {events(28d, ago: 29d)} to {events(28d, ago: 1d)} events in four weeks"
            brief: "use {100 * change(events(28d, ago: 1d)):0} % in 4 weeks"

          # A fall of 20 % in active users is the published band; half of them here, because with five users one
          # holiday is 20 % already and on history smaller falls meant nothing, and only where they came on four
          # days a week. Clears at 85 % of the value at raising.
          - name: users_falling
            kind: churn
            severity: medium
            when: active_users(28d, ago: 1d) <= 0.5 * active_users(28d, ago: 29d) and active_users(28d, ago: 29d) >= 5 and active_days(28d, ago: 29d) >= 16
            clear: active_users(28d, ago: 1d) >= 0.85 * at_raise(active_users(28d, ago: 29d))
            cooldown: 90d
            owner: trait("csm")
            summary: "{company} went from {active_users(28d, ago: 29d)} to {active_users(28d, ago: 1d)} active users in four weeks"
            brief: "active users {active_users(28d, ago: 29d)} → {active_users(28d, ago: 1d)}"

          # The person who carried the product is gone while the others are still here. A month outlasts a
          # holiday of three weeks; two other active users tell a lost champion from a silent company, and four days
          # of use a week before it tell an absence from a person who comes now and then. Without a champion there
          # is nothing left to watch, so it clears.
          - name: champion_silent
            kind: churn
            severity: high
            when: champion_idle_days > 30 and active_users(14d) >= 2 and active_days(28d, ago: 31d) >= 16
            clear: champion_idle_days <= 3 or not is_known(champion_idle_days)
            cooldown: 90d
            due: 2d
            owner: trait("csm")
            summary: "{champion}, who used {company}'s product most, has been away for {champion_idle_days:0} days; {most_active} may take over"
            brief: "champion {champion_idle_days:0}d silent"

          # Nine tenths of the work by one user is a published sign of hanging by a single thread. Three users
          # in 90 days show that there once were others; at 20 events in four weeks the share means something.
          - name: one_person
            kind: churn
            severity: low
            when: top_user_share(28d) >= 0.9 and active_users(90d) >= 3 and events(28d) >= 20
            clear: top_user_share(28d) < 0.75 or not is_known(top_user_share(28d))
            cooldown: 90d
            owner: trait("csm")
            summary: "{most_active} does {100 * top_user_share(28d):0} % of all work at {company}; win a second user"
            brief: "one does {100 * top_user_share(28d):0} % of it"

          # Two weeks in, still alone and here on two of the last 14 days at most; or nothing yet of what the product
          # is bought for. On history 77 % left within the year, most of them had done so already. After 60 days it
          # is no longer onboarding, and the other rules speak.
          - name: onboarding_stalled
            kind: churn
            severity: medium
            when: known_days > 14 and known_days < 60 and not segment("prospect") and ((users_total < 2 and active_days(14d) < 3) or events("@core", lifetime) == 0)
            clear: known_days >= 60 or ((users_total >= 2 or active_days(14d) >= 3) and (not is_known(events("@core", lifetime)) or events("@core", lifetime) > 0))
            cooldown: 90d
            owner: trait("csm")
            summary: "{company} is {known_days:0} days in with {users_total} users and {events(28d)} events in four weeks; help them over the first step"
            brief: "stuck on day {known_days:0}"

          # The published red band for seat use is 60 %; 40 % against noise, and only from five seats and
          # two months on, when a rollout should be over.
          - name: unused_seats
            kind: churn
            severity: medium
            when: seats_util < 0.4 and trait("seats") >= 5 and known_days > 60
            clear: seats_util >= 0.5 or not is_known(seats_util)
            cooldown: 90d
            owner: trait("csm")
            summary: "{company} pays for {trait(\"seats\")} seats and uses {active_users(28d)}; they will notice at renewal"
            brief: "{active_users(28d)} of {trait(\"seats\")} seats used"

          # Renewal within 60 days with a bad sign: two months are what it takes to turn one round. The published
          # band is 20 % less usage than the four weeks before; on simulated companies that stayed, holidays alone
          # reach it in every fifth, so 40 % here, of at least 20 events.
          - name: renewal_risk
            kind: churn
            severity: high
            when: days_until("renewal") >= 0 and days_until("renewal") <= 60 and (flag("gone_silent") or flag("champion_silent") or (events(28d, ago: 1d) < 0.6 * events(28d, ago: 29d) and events(28d, ago: 29d) >= 20))
            clear: days_until("renewal") < 0 or days_until("renewal") > 60 or not is_known(days_until("renewal"))
            cooldown: 28d
            due: 2d
            owner: trait("csm")
            summary: "{company} renews in {days_until(\"renewal\"):0} days and its usage changed by {100 * change(events(28d, ago: 1d)):0} % in four weeks"
            brief: "renewal at risk"

          # --- Growing ------------------------------------------------------------------------------------

          # At 80 % of the seats the next hire meets the limit; half of the seats in real use tells growth from
          # an import of the address book. Ends at the limit, where seats_full goes on.
          - name: seats_near
            kind: upsell
            severity: medium
            when: seats_fill >= 0.8 and seats_fill < 1 and seats_util >= 0.5
            clear: seats_fill < 0.75 or seats_fill >= 1 or not is_known(seats_fill)
            cooldown: 28d
            owner: trait("csm")
            summary: "{company} has {users_total} users on {trait(\"seats\")} seats; offer the next plan before they stand before the limit"
            brief: "{users_total} of {trait(\"seats\")} seats"

          # As many people as seats, or more: somebody is waiting for one. 5 % down before it can come again.
          - name: seats_full
            kind: upsell
            severity: high
            when: seats_fill >= 1
            clear: seats_fill < 0.95 or not is_known(seats_fill)
            cooldown: 28d
            due: 7d
            owner: trait("csm")
            summary: "{company} is full: {users_total} users on {trait(\"seats\")} seats"
            brief: "{users_total} of {trait(\"seats\")} seats"

          # 60 % more active users in a quarter is a published expansion alert; from five users on it is a trend
          # and not a second colleague. Not in the first 140 days: the quarter before would be the weeks in which
          # everybody was invited (without this, 270 of 300 simulated companies "grew").
          - name: growing
            kind: upsell
            severity: medium
            when: active_users(28d, ago: 1d) >= 1.6 * active_users(28d, ago: 85d) and active_users(28d, ago: 85d) >= 5 and known_days > 140
            clear: active_users(28d, ago: 1d) < 1.3 * active_users(28d, ago: 85d)
            cooldown: 84d
            owner: trait("csm")
            summary: "{company} grew from {active_users(28d, ago: 85d)} to {active_users(28d, ago: 1d)} active users in a quarter"
            brief: "active users {active_users(28d, ago: 85d)} → {active_users(28d, ago: 1d)}"

          # Two kinds of work more than four weeks ago: adoption grows in breadth, and with it what they would
          # pay for. Noisy on history, hence low and once a quarter, and not in the first 90 days, when everything
          # is new.
          - name: new_tasks
            kind: upsell
            severity: low
            when: tasks_used(28d, ago: 1d) >= tasks_used(28d, ago: 29d) + 2 and tasks_used(28d, ago: 29d) >= 2 and known_days > 90
            clear: tasks_used(28d, ago: 1d) <= tasks_used(28d, ago: 29d)
            cooldown: 84d
            owner: trait("csm")
            summary: "{company} uses {tasks_used(28d, ago: 1d)} kinds of tasks, {tasks_used(28d, ago: 29d)} four weeks ago"
            brief: "{tasks_used(28d, ago: 1d)} kinds of tasks, was {tasks_used(28d, ago: 29d)}"

          # --- Coming -------------------------------------------------------------------------------------

          # Half an hour of demo, or its like in videos and pages, within two weeks: hand over above, nurture
          # below. It measures attention, not intent. Cools at two thirds, so that one quiet day changes nothing.
          - name: lead_ready
            kind: lead
            severity: medium
            when: stage == "lead" and score("attention") >= 60
            clear: stage != "lead" or score("attention") < 40
            cooldown: 14d
            due: 1d
            owner: trait("sales")
            summary: "{company} gave us {events(\"demo.minute\", 14d)} minutes of demo and {events(\"product_page.viewed\", 14d)} pages in two weeks; talk to {most_active}"
            brief: "{score(\"attention\"):0} points of attention"

        scores:
          # 0 to 100, the mean of what is known; the card shows how much of it was known. Weights say what a
          # customer-success team would look at first. For sorting and for your own rules; no flag hangs on it.
          - name: health
            combine: mean
            components:
              # Every working day of four weeks is full marks.
              - {name: frequency, weight: 3, value: 100 * active_days(28d, ago: 1d) / 20}
              # Today full marks, four weeks ago none.
              - {name: recency, weight: 2, value: 100 - 100 * (user_idle_days / 28d)}
              # How many of the people who could come do come.
              - {name: activation, weight: 2, value: 100 * active_users(28d) / users_total}
              # As much as four weeks before is 50, twice as much 100.
              - {name: trend, weight: 2, value: 50 + 50 * change(events(28d, ago: 1d))}
              # The work that the product is bought for, once a working day. Unknown while "@core" is empty.
              - {name: core, weight: 2, value: 100 * events("@core", 28d) / 20}
              # Three people who share the work outlast the loss of one.
              - {name: spread, weight: 1, value: 100 * bus_factor(28d) / 3}
              # Paid for and used. Unknown without the trait "seats".
              - {name: seats, weight: 1, value: 100 * seats_util}

          # Attention, not intent: what all people of a company looked at in two weeks. Minutes of a demo cost
          # them most and count double; a white paper is five minutes. The caps keep one bored visitor from
          # looking like a buying committee.
          - name: attention
            combine: sum
            components:
              - {name: demo, weight: 2, value: min(60, events("demo.minute", 14d))}
              - {name: video, weight: 1, value: min(30, events("video.minute", 14d))}
              - {name: pages, weight: 1, value: min(20, events("product_page.viewed", 14d))}
              - {name: papers, weight: 5, value: min(4, events("whitepaper.downloaded", 14d))}

        # The first that matches is the company's stage; every move stands in the log.
        stages:
          # Billing said so. Silence alone is no loss: see dormant.
          - {name: lost, when: outcome == "churned"}
          # Nobody for two months, or nobody ever: past the age at which most silent companies come back.
          - {name: dormant, when: user_idle_days > 60 or (known_days > 60 and not is_known(user_idle_days))}
          # They have looked at us and not used the product: first visit, then real attention.
          - {name: visitor, when: segment("prospect") and score("attention") < 10}
          - {name: lead, when: segment("prospect")}
          # The first month of use.
          - {name: onboarding, when: known_days < 30}
          # Not gone, but half way.
          - {name: fading, when: user_idle_days > 14 or events(28d, ago: 1d) < 0.5 * events(28d, ago: 29d)}
          # A year with us, and on two days a week in each of the last three months.
          - name: loyal
            when: known_days > 365 and active_days(28d, ago: 1d) >= 8 and active_days(28d, ago: 29d) >= 8 and active_days(28d, ago: 57d) >= 8
          # Everybody else: they use the product, and nothing stands out.
          - {name: active, when: true}

        segments:
          # All they ever did is look at us. False, not unknown, when the set is empty.
          - {name: prospect, when: is_known(events("@attention", lifetime)) and events("@attention", lifetime) > 0 and events("@attention", lifetime) == events(lifetime)}
          # Where purchases take a committee. The usual bound for enterprise in market figures is 500 to 1,000 employees.
          - {name: enterprise, when: trait("employees") >= 500}
          # Half of the month's users come on an average day: a daily tool. 20 % is a common average for business software.
          - {name: daily, when: dau_mau >= 0.5}
          # One person is the whole customer.
          - {name: solo, when: users_total == 1}

        """#
}
