"""What the documents in examples/mixed say; all of it is invented."""

from __future__ import annotations

WIND_FARM = (
    ("title", "Wartungsbericht Windpark Heidekamp"),
    ("h1", "Zusammenfassung"),
    ("p", "Im dritten Quartal wurden alle zwölf Anlagen planmäßig gewartet. Die Verfügbarkeit lag bei 97,4 Prozent und "
          "damit etwas über dem vereinbarten Wert von 97 Prozent. Zwei Anlagen standen wegen Schäden am Getriebe "
          "zusammen 61 Stunden still."),
    ("h1", "Befunde"),
    ("p", "Bei der Prüfung der Rotorblätter wurden an drei Anlagen Risse in der Beschichtung gefunden. Sie sind nach "
          "Einschätzung der Prüfer oberflächlich und gefährden den Betrieb nicht, müssen aber vor dem Winter "
          "ausgebessert werden."),
    ("li", "Anlage 4: Riss von 12 cm an der Vorderkante, Blatt B"),
    ("li", "Anlage 7: Riss von 5 cm nahe der Blattspitze, Blatt A"),
    ("li", "Anlage 11: abgelöste Beschichtung auf einer Fläche von 30 cm²"),
    ("h2", "Stillstände und Kosten"),
    ("table", (("Anlage", "Ursache", "Stunden", "Kosten"), ("3", "Getriebeöl, Filter verstopft", "22", "4.150 Euro"),
               ("9", "Lagerschaden, Ersatzteil fehlte", "39", "18.700 Euro"))),
    ("h1", "Empfehlung"),
    ("p", "Wir empfehlen, die Lager der Anlagen 8 und 10, die aus derselben Lieferung stammen, noch im Oktober zu "
          "tauschen. Das kostet etwa 31.000 Euro; ein Ausfall im Winter käme erheblich teurer."),
)  # fmt: skip

TEA_SLIDES = (
    (
        "Highland Tea: the market in brief",
        (
            "Harvest up 6 percent after two dry years",
            "Prices at auction fell slightly",
            "Export to three new countries",
        ),
        "Open with the harvest, then say why prices fell: stocks from last year.",
    ),
    (
        "What buyers ask for",
        ("Single-garden teas with a story", "Paper packaging instead of foil", "Proof of fair wages"),
        "The wage question came up in eleven of fourteen interviews.",
    ),
)
TEA_TABLE = (
    ("Grade", "Tonnes", "Price per kg"),
    ("First flush", "118", "14.20"),
    ("Second flush", "342", "9.80"),
    ("Autumn", "205", "6.10"),
)

LOANS = (
    ("Titel", "Verfasserin oder Verfasser", "Ausleihen", "Fällig"),
    ("Die Brücke am Moor", "Grete Öhlmann", "41", "12.10.2026"),
    ("Kleine Kräuterkunde", "Jörg Süß", "37", "03.11.2026"),
    ("Über die Alpen; zu Fuß", "Käthe Würth", "29", "19.10.2026"),
)

MUSEUM = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Musée de la poterie de Sauveterre</title>
<style>body { font-family: serif }</style><script>var visites = 0;</script></head>
<body><nav><ul><li>Accueil</li><li>Collections</li></ul></nav>
<h1>Le four communal rouvre ses portes</h1>
<p>Après quatre ans de travaux, le musée de la poterie de Sauveterre présente au public le four communal du village, qui
a servi de 1742 à 1931. Les maçons ont retrouvé la voûte d'origine sous trois couches d'enduit.</p>
<h2>Ce que l'on peut voir</h2>
<ul><li>La chambre de cuisson et ses deux mille briques</li><li>Quarante jarres à huile, dont une signée</li></ul>
<h2>Horaires et tarifs</h2>
<table><tr><th>Saison</th><th>Ouverture</th><th>Plein tarif</th></tr>
<tr><td>Été</td><td>10 h à 19 h</td><td>6 €</td></tr><tr><td>Hiver</td><td>14 h à 17 h</td><td>4 €</td></tr></table>
<p hidden>Brouillon : ne pas publier.</p>
<p>La cuisson publique aura lieu le 14 juin ; les ateliers pour enfants sont gratuits, mais il faut s'inscrire.</p>
</body></html>
"""

COOPERATIVE = (
    ("h", "Acta de la asamblea de la cooperativa La Acequia"),
    ("p", "La asamblea se reunió el 9 de mayo con la asistencia de 54 de los 71 socios. La presidenta explicó que la "
          "sequía ha reducido la cosecha de almendra en un 18 por ciento, pero que el precio compensa la pérdida."),
    ("h", "Acuerdos"),
    ("p", "Se aprueba comprar una segunda bomba para el pozo del norte, con un presupuesto máximo de 23.500 euros. La "
          "votación fue de 47 a favor, 3 en contra y 4 abstenciones."),
    ("p", "El reparto del agua del verano será por turnos de ocho horas; quien no pueda regar en su turno lo avisará "
          "con dos días de antelación."),
)  # fmt: skip

MEETING_SUBJECT = "3분기 어선 안전 점검 회의록"
MEETING = """안녕하세요.

지난 화요일 회의의 내용을 정리해서 보내 드립니다.

항구에 등록된 어선 64척 가운데 58척의 점검을 마쳤습니다. 구명조끼가 모자란 배가 7척, 무전기 배터리를 바꿔야 하는 배가
12척이었습니다. 나머지 6척은 먼바다에서 돌아오는 대로 이달 말까지 점검하기로 했습니다.

구명조끼는 조합에서 한꺼번에 사서 나누어 주기로 했고, 비용의 절반은 시에서 지원합니다. 다음 회의는 11월 3일 오후 두 시에
조합 사무실에서 열립니다.

점검 결과표를 함께 보냅니다.
"""
INSPECTIONS = (
    ("어선", "구명조끼", "무전기", "비고"),
    ("해오름호", "충분", "정상", ""),
    ("갈매기호", "2개 부족", "정상", "10월 말까지 보완"),
    ("동백호", "충분", "배터리 교체", "완료"),
)

TRAIL_NOTE = """# 숲길 정비 계획

북쪽 숲길의 나무 계단 240개 가운데 85개가 썩어서 올봄에 바꿉니다. 공사는 4월 6일에 시작해 3주 동안 이어지며, 그동안에는
능선길로 돌아가야 합니다.

## 자원봉사

토요일마다 스무 명씩 모집합니다. 장갑과 물은 저희가 준비합니다.
"""
LIGHTHOUSE = """灯台の記録

昨年の秋、岬の灯台では電球を新しいものに取り替えました。費用は四十二万円で、漁協と町が半分ずつ負担しました。
新しい電球は電気を三割ほど節約でき、光は以前より遠くまで届きます。次の点検は六月に行います。
"""
BRIDGE = """Отчёт об осмотре моста

Деревянный мост через Ольховку осмотрен 18 июля. Из шестнадцати опор заменить надо две, настил держится хорошо. Работы
займут около десяти дней и обойдутся в 380 тысяч рублей. До ремонта проезд машин тяжелее трёх тонн запрещён.
"""
LETTER = ("Town archive of Millbrook", "", "Dear Ms Hale,", "the deed of 1874 that you asked for",
          "has been found in box 112. You may", "read it here on any weekday.", "", "Yours, T. Osei")  # fmt: skip
