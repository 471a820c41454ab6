select
    item,
    response,
    {{ survey_score("item", "response") }} as score
from (values ('GOAL1', 5), ('GOAL2', 5), ('GOAL2', 1), ('TEAM1', null)) as example (item, response)
