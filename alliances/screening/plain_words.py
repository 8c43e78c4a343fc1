"""Plain English words: who is called so shares the name with many, whatever else is in it."""

_TEXT = """
able above access accord action active adept advance advanced advantage agile alert align allied alpha amber
anchor angel apex apple arch arrow artist aspire asset atlas aurora autumn award axis azure balance bamboo
banner barrel basic basin bat battle beacon bear beauty bell benefit beta better birch bishop bit black
blend bloom blue board bold bonus border boston bottle brave breeze bridge bright brilliant broad broken
bronze brook brother brown build builder burst butterfly cab cactus cam camel campus can candle canyon cap
capital cardinal care career carpet cascade castle cat catalyst cedar century certain champion change
channel charter chief choice circle citizen classic clear clever cliff clock clover coast cobalt comet
comfort common compass complete concept concord condor connect constant contemporary copper coral corner
courage cousin craft crane create creative creek crescent crest crimson cross crown crystal current custom
cyber daily dance dawn dawning deal deep delta desert destiny diamond dig direct discovery divine dolphin
dot double dragon dream drive dual dynamic eagle earth ease east easy echo eclipse edge effect eight elegant
element elephant elite emerald empire energetic ensign entire equal essence eternal ever evergreen every
evolution exact excel excellent exchange expert explore express extra face factor fair faith falcon family
fancy farm fast father feather field fifth fight final fine fire first fit five flame flash fleet flight
float flower focus force forest forge formula forth fortune forward foundation fountain four fourth fox free
freedom fresh friend frontier fruit fuel full fun fusion future galaxy gap garden gas gate gateway gem
general generation genesis giant gift glacier glass glory goal golden good grace grand granite grape grass
great grey ground grove grow growth guard guardian guide gulf half hammer hand happy harbor hard harmony
harvest haven hawk heart heaven height helper heritage hero hidden high highland hill hit hollow home honest
honey honor hope horizon horse host hot house hub human hundred hunter ideal image impact imperial improve
inch increase index infinite infinity ink inner insight inspire instant integrity intelligent invest iris
iron island ivory jade jasper jet jewel join journey joy jump jungle junior jupiter just keen keep key
keystone kind king kit kite knight knowledge known lab lake lamp land lark laser launch law leader leaf
league leap legacy legend leopard level liberty life light lighthouse lily linear link lion little live
local logic long lot lotus love loyal lucky lunar magic magnet main major map maple marble mark market mars
marvel master matter maxim maximum meadow memory mercury meridian merit metro micro middle midland mighty
mile milestone mind mine mint miracle mirror mission mix mobile modern moment monarch moon moore moral
morning mother motion mountain move music mutual native nature navigator nebula need nest net never new next
night nine ninth noble north nova novel now number oak oasis ocean olive olympic omega one onward open opera
optimal optimum option orange orbit orchid order origin orion other outer outlook owl pacific palace palm
pan panda panther paper paradigm paradise paragon park part path patriot peace peak pearl pen penguin people
perfect pet phoenix pilot pin pine pinnacle pioneer pit pixel place plain planet platinum plaza pledge plus
point polar polaris pop portal positive power prairie premier premium present prestige pride primary prime
princess prism private prize pro process profit progress promise proper prosper prosperity proud pulse pure
purple pyramid quality quantum quarter queen quest quick quiet radiant rain rainbow ranger rapid raven ray
ready real reason red reef regal region reliable reliance remote renew result return rhythm rich ridge right
rim ring rise rising river road robust rock rocket root rose round royal ruby run rural sage sail salmon
sand sapphire saturn savanna scarlet scenic scout sea season second secret secure seed select senior sense
serene set seven shadow shark sharp shell shield shine shore short sierra sight signal silent silk silver
simple single six sixth ski sky skyline small smart smile smooth snow soft solar solid sonic soul sound
source southern spa space spark special speed sphere spirit splendid spring sprint square stable staff
standard star start station steady stellar sterling stone storm straight stream street strong student studio
style success summer summit sun sunny sunrise sunset sunshine super superior supreme sure surge swan sweet
swift symphony table tag talent tap target team temple tenth thing third thought thousand thread three
thrive thunder tidal tide tiger timber time tip titan today tomorrow tooth top torch total touch tower town
track tradition trail transform travel treasure tree trend triangle trinity triple triumph tropical true
trust truth tulip turbo turtle twin two ultimate ultra union unique unit unity universal universe uplink
upper urban valley value van vector velocity venture venus verdant victor victory view village vintage
violet virtual virtue vision vista vital vivid voice volcano voyage voyager war warm watch wave way wealth
web well west whale wheel white whole wide wild willow win wind window wing winner winter wisdom wise wish
wolf wonder wood word work world worth yellow yes young youth zenith zero zip zone
"""
PLAIN = frozenset(_TEXT.split())
