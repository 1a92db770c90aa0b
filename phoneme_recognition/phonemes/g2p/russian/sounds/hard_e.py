"""Loan words in which a consonant before е is hard: тест, модель, отель.

Which words these are is a matter of the dictionary (Bolshoi orfoepicheskii slovar 2012; Avanesov 1984,
foreign words). Words that it gives with both pronunciations, the soft one first, are not here.
"""

from __future__ import annotations

import re

# How a word begins, with э where the consonant before it is hard. After * it may stand anywhere in a word, $
# is the end of the word, and a stressed Э is its end, too. What stands in brackets is a regular expression.
_BEGINNINGS = """
альтэр анэстэз антисэпт антитэз антэнн асэпт атэизм атэист атэлье аутодафэ
бармэн бартэр безЭ бэстсэллэр бизнэс бизнэсмэн бифштэкс брэнд бутэрброд бюстгальтэр бэта$
варьетЭ вэб вэндэтт вэстэрн вольтэр вундэркинд
галифЭ гантэл гастарбайтэр гейнэ$ генэзис генэтик генэтич гётэ$ гротэск
дантэ дэвальв дэ$ дэкаданс дэколь дэкольтэ дэльт дэмпинг дэнди дэндрарий дэтэктив дэтэктор дэтэрмин
джентльмэн дзэн диадэм диспансэр
идэнти индэкс интэр(?!ес) интэрвэн интэрнэт интэрпрэт интэрфэйс истэблишмент
кабарЭ канапЭ каратЭ катэр(?!ин) карЭ картэл кафЭ кафэшантан кафэтэри
кашнЭ кинэтик кинэтич кластэр кодэин кодэкс коктэйл
компьютэр консомЭ консэнсус коттэдж крэдо$ кредитэль купЭ
лэйбл
майонэз макрамЭ манэкен мартэн мэнэджер мэнэджмэн мистэр модэл модэлир модэм модэрн морзэ$ мотэл
нэтто$ новэлл нонсэнс
орхидэ отэл(?=ь|я|ю|е|и|ем|ей|ям|ями|ях) одэльвейс
пантэон пантэр партэр пастэл пастэриз патэти пэнни$ пэнснэ$ пэйнтбол полисмэн портмонЭ постэр
потэнц принтэр проэкт протэже$ протэз протэин псэвдо пюрЭ
рандэву рэгби резюмЭ реномЭ рэкордсмэн
свитэр сэкс сэйф сэлфи сэнсор сэнтэнц сэрвэр сэттэр сэпсис синтэз синтэти
спортсмэн стэйк стэнд стратэг стюардэсс
супермэн сюзэрен
тандэм тэг$ тэз(?=а|ы|ис|у|$) тэзаурус тэлл тэмбр тэмп(?!ер|л) тэмпорал
тэндэнц тэндэр тэннис тэнт тэолог тэрмос$ тэрминал
тэррьер тэрьер траэктор тэст твиттэр тинэйджер тирЭ тоннэл тостэр тотэм трэнд туннэл турнЭ
фитнэс фонэм фонэти фортэ$ фортэпиано фрикасЭ
хостэл хризантэм хэндмэйд
чартэр
шатэн шедэвр шимпанзЭ шоссЭ шоумэн шопэн штэкер штэмпел штэпсел
эдэльвейс эйнштэйн экзотэр экстрасэнс экстэнсив экстэрн экстэрьер эссЭ эстэт эстэти
*тэстирова *штэйн *моделлэ *смартсэт *стэндап *тестостэрон *интэрнэт
"""
_PREFIXES = (
    "не|анти|супер|авто|радио|теле|видео|мото|фото|био|микро|макро|мини|мульти|псевдо|ультра|экс|вице|контр|полу"
    "|кибер|нейро|аэро|гидро|электро|супра|евро"
)


def _compile() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all rows, and the letters that each of them stands for."""
    letters: dict[str, str] = {}
    anchored: list[str] = []
    free: list[str] = []
    rows = re.findall(r"^(\*?)([а-яёЭ]+)(.*)$", "\n".join(_BEGINNINGS.split()), re.MULTILINE)
    for star, heard, ending in sorted(rows, key=lambda row: len(row[1]), reverse=True):
        low = heard.lower()
        letters.setdefault(low.replace("э", "е"), low)
        pattern = heard.replace("э", "[еэ]").replace("Э", "(?-i:[ЕЭ])$") + ending
        (free if star else anchored).append(pattern)
    pattern = f"^(?P<before>{_PREFIXES})?(?P<word>{'|'.join(anchored)})|(?P<part>{'|'.join(free)})"
    return re.compile(pattern, re.IGNORECASE), letters


_PATTERN, _LETTERS = _compile()


def hard_before_e(word: str) -> str:
    """Write э for е where the consonant before it is hard.

    Args:
        word: lower case, stressed vowels as capitals.

    Example:
        >>> hard_before_e("отЕль"), hard_before_e("дЕло")
        ('отЭль', 'дЕло')
    """
    if "е" not in word and "Е" not in word:
        return word

    def harden(match: re.Match[str]) -> str:
        heard = match["word"] or match["part"]
        row = _LETTERS[heard.lower().replace("э", "е")]
        hard = [
            letter if hint != "э" else "Э" if letter.isupper() else "э"
            for letter, hint in zip(heard, row, strict=True)
        ]
        return (match["before"] or "") + "".join(hard)

    return _PATTERN.sub(harden, word)
